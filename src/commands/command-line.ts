/** The command line: which commands there are, what they take, and what they answer to the shell. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { Command, CommanderError, Option } from 'commander';
import { loadConfig, loadOffer } from '../config/load.ts';
import { ConfigProblems } from '../config/problems.ts';
import { Permanent, Retryable } from '../domain/errors.ts';
import { privateKeyFlaw } from '../transport/private-key.ts';
import { summary } from './check-config.ts';
import { CONFIG, command, group, type Surroundings } from './command.ts';
import { doctor } from './doctor.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { explain } from './explain.ts';
import { inspect } from './inspect.ts';
import type { Paint } from './inspect-report.ts';
import { createLog, LOG_LEVELS, type LogLevel } from './log.ts';
import { addRecordCommands } from './record-commands.ts';
import { start } from './start.ts';

const EXAMPLE = fileURLToPath(new URL('../../stratobot.example.yml', import.meta.url));

const here: Surroundings = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  colour: process.stdout.isTTY && process.stdout.hasColors(),
  live: process.stderr.isTTY,
};

/** Runs one command to its end. @param args without node and the script */
export async function runCommandLine(args: readonly string[], world: Surroundings = here): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = commands(world, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof ConfigProblems) {
      world.err(`${error.message}\n`);
      return EXIT.usage;
    }
    if (error instanceof Permanent || error instanceof Retryable) {
      world.err(`stratobot: ${error.message}\n`);
      return EXIT.failure;
    }
    world.err(`stratobot: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failure;
  }
}

function commands(world: Surroundings, finish: (code: ExitCode) => void): Command {
  const program = new Command('stratobot')
    .description('Builds scientific software for every CPU target and publishes what two people approved.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .showSuggestionAfterError()
    .showHelpAfterError("'stratobot --help' lists the commands.")
    .addHelpText(
      'after',
      `
Examples:
  $ stratobot check-config --config stratobot.yml
  $ stratobot doctor --config stratobot.yml
  $ stratobot start --config stratobot.yml
  $ stratobot inspect eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz
  $ stratobot s3 lifecycle --dry-run

Secrets come from the environment; stratobot.example.yml and docs/manual/configuration.md name them.
Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong.`,
    );

  command(program, 'start', 'Run the bot until it is told to end.')
    .addOption(new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default('info'))
    .addHelpText(
      'after',
      `
SIGTERM or SIGINT ends it in order: running builds go on on their nodes and are found again at the next start.
A second signal ends it at once.

Example:
  $ STRATOBOT_WEBHOOK_SECRET_FILE=webhook-secret STRATOBOT_PRIVATE_KEY_FILE=app.pem \\
    stratobot start --config stratobot.yml`,
    )
    .action(async (options: { config: string; logLevel: LogLevel }) => {
      const config = await loadConfig(options.config, world.env, privateKeyFlaw);
      const { startStratobot } = await import('../compose.ts');
      finish(await start(config, createLog(options.logLevel), startStratobot));
    });

  command(
    program,
    'check-config',
    'Read the configuration, and print what it says or everything that is wrong.',
  )
    .addHelpText(
      'after',
      `
Nothing is started and nothing is contacted; secrets are checked and not printed.

Example:
  $ stratobot check-config --config stratobot.yml`,
    )
    .action(async (options: { config: string }) => {
      world.out(summary(await loadConfig(options.config, world.env, privateKeyFlaw)));
    });

  command(program, 'doctor', 'Check this machine, the nodes, the database and the artifact store.')
    .addHelpText(
      'after',
      `
Every line says what was checked, and what to do where it failed. Nothing is changed.

Example:
  $ stratobot doctor --config stratobot.yml`,
    )
    .action(async (options: { config: string }) => {
      const config = await loadConfig(options.config, world.env, privateKeyFlaw);
      const { checkWorld } = await import('../compose/check-world.ts');
      finish(await doctor(config, checkWorld, world.out));
    });

  program
    .command('inspect <file>')
    .description('Show what is in a tarball on this machine, and whether the tarball policy takes it.')
    .helpOption('--help', 'print this help')
    .option('--repository <id>', 'the repository target whose version it must have')
    .option('--json', 'everything that was found, as JSON')
    .option('--config <file>', `the configuration, for its limits; ${CONFIG} where --repository is given`)
    .showHelpAfterError("'stratobot inspect --help' has an example.")
    .addHelpText(
      'after',
      `
The tarball is read once and nothing is unpacked. What it may hold follows from its name, so no configuration is needed.
Exit codes: 0 accepted, 1 refused, 2 there is nothing that can be judged.

Example:
  $ stratobot inspect eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz`,
    )
    .action(async (file: string, options: { repository?: string; json?: true; config?: string }) => {
      const { repository = null, json = false } = options;
      const path = options.config ?? (repository === null ? null : CONFIG);
      const config = path === null ? null : await loadConfig(path, world.env, privateKeyFlaw);
      const screen = { out: world.out, err: world.err, paint: painter(world), live: world.live === true };
      finish(await inspect(file, { config, repository, json }, screen));
    });

  addRecordCommands(program, world, finish);

  const s3 = group(program, 's3', 'What the bucket of the artifacts does by itself.');
  command(s3, 'lifecycle', 'Write lifecycle rules: old logs and unfinished uploads go by themselves.')
    .option('--dry-run', 'show the rules, as a table and as JSON, and write nothing')
    .addHelpText(
      'after',
      `
Rules of others in the bucket stay as they are. Artifacts are never deleted by these rules.

Example:
  $ stratobot s3 lifecycle --dry-run --config stratobot.yml`,
    )
    .action(async (options: { config: string; dryRun?: true }) => {
      const config = await loadConfig(options.config, world.env, privateKeyFlaw);
      const { s3Lifecycle } = await import('./s3.ts');
      finish(await s3Lifecycle(config, { dryRun: options.dryRun === true }, world));
    });

  program
    .command('explain <comment>')
    .description('Say what the bot would make of a comment: what it would build, or what is wrong.')
    .helpOption('--help', 'print this help')
    .option('--by <login>', 'whose comment it is: what that person may do, as far as the configuration tells')
    .option('--json', 'the same as JSON')
    .option('--config <file>', 'the configuration; without it the example that comes with Stratobot')
    .showHelpAfterError("'stratobot explain --help' has an example.")
    .addHelpText(
      'after',
      `
Nothing is contacted and no secret is read. Roles and teams are known to GitHub only: where they decide, it says so.
Exit codes: 0 it would be carried out, 1 it would be answered with mistakes or refused, 2 the configuration is wrong.

Example:
  $ stratobot explain 'bot: build arch=zen2' --config stratobot.yml`,
    )
    .action(async (comment: string, options: { by?: string; json?: true; config?: string }) => {
      const site = await loadOffer(options.config ?? EXAMPLE);
      const asked = { by: options.by?.replace(/^@/, '') ?? null, json: options.json === true };
      finish(explain(comment, site, asked, { out: world.out, paint: painter(world) }));
    });

  return program;
}

function painter(world: Surroundings): Paint {
  return (format, text) =>
    world.colour === true ? styleText(format, text, { validateStream: false }) : text;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
