/** What every command on the command line has. */
import type { Command } from 'commander';

export const CONFIG = 'stratobot.yml';

/** Where a command prints, and the environment it reads. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
  /** Whether what goes to `out` may be coloured; absent: no. */
  colour?: boolean;
  /** Whether a person watches `err`, so that a line may be written over; absent: no. */
  live?: boolean;
}

/** A command that takes the configuration. @param name with its arguments, as commander writes them */
export function command(parent: Command, name: string, description: string): Command {
  const words = parent.name() === 'stratobot' ? name : `${parent.name()} ${name}`;
  return parent
    .command(name)
    .description(description)
    .helpOption('--help', 'print this help')
    .option('--config <file>', 'the configuration', CONFIG)
    .showHelpAfterError(`'stratobot ${words.replace(/ [<[].*/, '')} --help' has an example.`);
}

/** A command that is only a name for several. */
export function group(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError(`'stratobot ${name} --help' lists what it can do.`);
}
