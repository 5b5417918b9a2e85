/** A process of its own with the bare loop beside which webhooks.ts measures: on each connection one row, one commit, the next. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Measured } from './webhooks-senders.ts';

/** What to insert, for how long. */
export interface Inserting {
  databaseUrl: string;
  table: string;
  connections: number;
  warmUpMs: number;
  measuredMs: number;
  rows: { event: string; body: string }[];
}

process.once('message', async (inserting: Inserting) => {
  process.send?.(await insert(inserting));
});

async function insert(options: Inserting): Promise<Measured> {
  const { databaseUrl, table, connections, warmUpMs, measuredMs, rows } = options;
  const clients = Array.from({ length: connections }, () => new pg.Client(databaseUrl));
  await Promise.all(clients.map((client) => client.connect()));
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const from = start + warmUpMs;
  const until = from + measuredMs;
  const tookMs: number[] = [];
  let taken = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        const row = rows[taken++ % rows.length];
        const began = performance.now();
        await client.query({
          name: 'insert',
          text: `INSERT INTO ${table} (guid, event, payload, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT (guid) DO NOTHING`,
          values: [randomUUID(), row?.event, row?.body, Date.now()],
        });
        const now = performance.now();
        if (began >= from && now <= until) tookMs.push(now - began);
      }
      await client.end();
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    tookMs,
    seconds: measuredMs / 1000,
    taken,
    allSeconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    refused: {},
  };
}
