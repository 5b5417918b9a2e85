/** `stratobot backup` and `stratobot restore`: the record as a file, and back. */
import { withDatabase } from '../compose/with-database.ts';
import type { Config } from '../config/config.ts';
import { showName } from '../domain/tarball-policy.ts';
import { count } from '../messages/markdown.ts';
import { restoreBackup } from '../store/backup/restore.ts';
import { writeBackup } from '../store/backup/write.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit.ts';

export async function backup(config: Config, file: string, { out }: Surroundings): Promise<ExitCode> {
  const rows = await withDatabase(config, (databaseUrl) => writeBackup(databaseUrl, file, Date.now()));
  out(`${count(rows, 'row')} of the record are in ${showName(file)}.\n`);
  return EXIT.ok;
}

export async function restore(
  config: Config,
  file: string,
  { replace }: { replace: boolean },
  { out }: Surroundings,
): Promise<ExitCode> {
  const rows = await withDatabase(config, (databaseUrl) => restoreBackup(databaseUrl, file, replace));
  out(`The record is back, with ${count(rows, 'row')}. The next start goes on from there.\n`);
  return EXIT.ok;
}
