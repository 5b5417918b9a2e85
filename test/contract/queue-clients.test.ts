import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { postgresConnections, UnheardClient } from '../../src/queue/postgres.ts';
import { freshDatabase } from '../harness/database.ts';

/** Ends all connections that are named so. */
async function cut(databaseUrl: string, name: string): Promise<number> {
  const admin = new pg.Client(databaseUrl);
  await admin.connect();
  const { rowCount } = await admin.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [name],
  );
  await admin.end();
  return rowCount ?? 0;
}

test('a client of the queue that is cut while nobody listens ends no process, and fails what is asked of it', async () => {
  const { databaseUrl, drop } = await freshDatabase();
  onTestFinished(drop);
  const connections = postgresConnections(databaseUrl);
  onTestFinished(connections.close);
  const { Client } = connections.producer as pg.PoolConfig;
  expect(Client).toBe(UnheardClient);
  const worker = connections.worker as unknown as pg.Pool;
  const alone = new UnheardClient({ connectionString: databaseUrl });
  await alone.connect();
  const ofPool = await worker.connect();
  for (const client of [alone, ofPool]) {
    client.removeAllListeners();
    await client.query("SET application_name = 'unheard'");
    const gone = new Promise((resolve) => client.once('end', resolve));
    expect(await cut(databaseUrl, 'unheard')).toBe(1);
    await gone;
    await expect(client.query('SELECT 1')).rejects.toThrow();
  }
  ofPool.release(true);
});
