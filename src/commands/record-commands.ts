/** The commands that look at the record past a bot. */
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { privateKeyFlaw } from '../transport/private-key.ts';
import { command, group, type Surroundings } from './command.ts';
import type { ExitCode } from './exit.ts';

/** Adds `audit`, `backup` and `restore` to the program. */
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

  command(program, 'backup <file>', 'Write the record into a new file; a bot may go on working.')
    .addHelpText(
      'after',
      `
The file holds every row of the database as it was at one moment, no secret of the configuration, and no log, artifact or
queue. It is text: gzip it, and keep it where the database is not.

Example:
  $ stratobot backup stratobot-$(date +%F).sql --config stratobot.yml`,
    )
    .action(async (file: string, options: { config: string }) => {
      const { backup } = await import('./backup.ts');
      finish(await backup(await read(options.config), file, world));
    });

  command(program, 'restore <file>', 'Bring a backup of the record back, while no bot runs.')
    .option('--replace', 'throw away what is in the database')
    .addHelpText(
      'after',
      `
All of it or nothing: a file that is not whole, or of a newer Stratobot, changes nothing. An older backup is brought up to date.
Ids go on 10,000 after the newest in the backup, so that nothing made since then is met again.

Example:
  $ stratobot restore stratobot-2026-11-20.sql --config stratobot.yml`,
    )
    .action(async (file: string, options: { config: string; replace?: true }) => {
      const { restore } = await import('./backup.ts');
      const replace = options.replace === true;
      finish(await restore(await read(options.config), file, { replace }, world));
    });
}
