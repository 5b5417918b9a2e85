/**
 * One PostgreSQL for all tests of a run, and in it a database with all tables, which every test's own is copied from.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openQueue } from '../../src/queue/queue.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openRecords } from '../../src/store/records.ts';
import { silent } from './log.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database of the run's PostgreSQL, for administration; see freshDatabase. */
    postgresUrl: string;
  }
}

/** What a database of tests need not do: survive the machine. */
const FAST = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
};

export const TEMPLATE = 'stratobot_template';

/** Called by vitest before the first worker; what it returns is called after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-postgres-'));
  // For the account that PostgreSQL runs as when the tests are root's.
  await chmod(folder, 0o711);
  let server: EmbeddedPostgres | undefined;
  const stop = async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent, settings: FAST });
    await watch(folder);
    await makeTemplate(server.databaseUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('postgresUrl', server.databaseUrl);
  return stop;
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = `/${TEMPLATE}`;
  const databaseUrl = url.href;
  await (await openRecords({ databaseUrl, log: silent })).close();
  await (await openQueue({ databaseUrl, log: silent })).close();
}

/** Ends the server and its files also when vitest is killed. */
async function watch(folder: string): Promise<void> {
  const lockFile = join(folder, 'data', 'postgres', 'postmaster.pid');
  const [pid = ''] = (await readFile(lockFile, 'utf8')).split('\n');
  const script =
    'while kill -0 "$1" 2>&-; do sleep 1; done; if test -d "$3"; then kill -INT "$2"; sleep 1; rm -rf "$3"; fi';
  spawn('sh', ['-c', script, 'watch', String(process.pid), pid, folder], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}
