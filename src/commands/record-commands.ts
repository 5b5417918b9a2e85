/** The commands that look at the record past a bot. */
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { privateKeyFlaw } from '../transport/private-key.ts';
import { command, group, type Surroundings } from './command.ts';
import type { ExitCode } from './exit.ts';

/** Adds `audit` to the program. */
export function addRecordCommands(
  program: Command,
  world: Surroundings,
  finish: (code: ExitCode) => void,
): void {
  const read = (path: string): Promise<Config> => loadConfig(path, world.env, privateKeyFlaw);

  const audit = group(
    program,
    'audit',
    'Who did what: shows the audit log, and checks that nobody changed it.',
  );
  command(audit, 'verify', 'Check that no line of the audit log was changed, removed or inserted.')
    .option('--holds <hash>', 'a hash printed by an earlier check, which must still be in the log')
    .option('--json', 'the verdict as JSON')
    .addHelpText(
      'after',
      `
Every line has the hash of the line before it. A log that was cut off at its end, or written anew as a whole, is a chain as
well: keep the printed hash elsewhere, and give it the next time.
Exit codes: 0 whole, 1 not whole (the first line that does not fit is named), 2 the command line is wrong.

Example:
  $ stratobot audit verify --config stratobot.yml`,
    )
    .action(async (options: { config: string; holds?: string; json?: true }) => {
      const { verifyAudit } = await import('./audit.ts');
      const { holds = null, json = false } = options;
      finish(await verifyAudit(await read(options.config), { holds, json }, world));
    });
  command(audit, 'list [subject]', 'Print the newest lines of the audit log, the newest last.')
    .option('--last <lines>', 'how many', '50')
    .option('--json', 'one line of JSON for each')
    .addHelpText(
      'after',
      `
A subject is what a line is about, as it is printed: deploy:3

Examples:
  $ stratobot audit list
  $ stratobot audit list deploy:3 --json`,
    )
    .action(async (subject: string | undefined, options: { config: string; last: string; json?: true }) => {
      const { listAudit } = await import('./audit.ts');
      const { last, json = false } = options;
      finish(await listAudit(await read(options.config), { subject: subject ?? null, last, json }, world));
    });
}
