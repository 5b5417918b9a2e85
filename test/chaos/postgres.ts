/** The bots' own database, as seen from outside. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The first process of the bots' own database; the bots start it again. */
export async function killPostgres(dir: string): Promise<void> {
  const { directory } = JSON.parse(await readFile(join(dir, 'data', 'postgres', 'postgres.json'), 'utf8'));
  const [pid] = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  try {
    if (Number(pid) > 1) process.kill(Number(pid), 'SIGKILL');
  } catch {
    // it is down already
  }
}

export async function databaseUrl(dir: string): Promise<string> {
  const { directory, password } = JSON.parse(
    await readFile(join(dir, 'data', 'postgres', 'postgres.json'), 'utf8'),
  );
  const [, , , port] = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
  return `postgres://stratobot:${password}@127.0.0.1:${port}/postgres`;
}
