import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue as BullQueue, createPostgresBackend, createRedisBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { freshDatabase } from './database.ts';
import { CUT_ALL } from './fresh-records.ts';

/** A server that the queue runs on. */
export interface QueueServer {
  connection: { databaseUrl: string; redisUrl?: string };
  /** Cuts every connection; the server stays. */
  cut(): Promise<void>;
  /** Removes everything the queue keeps, while it is in use. */
  wipe(): Promise<void>;
  /** Adds to the queue what Stratobot would not. */
  addRaw(data: unknown): Promise<void>;
  stop(): Promise<void>;
}

/** Whether this machine has Redis. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export async function postgresServer(): Promise<QueueServer> {
  const { databaseUrl, drop } = await freshDatabase();
  const connection = { connectionString: databaseUrl, schema: 'bullmq' };
  const administrate = async (statement: string) => {
    const admin = new pg.Client(databaseUrl);
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  };
  return {
    connection: { databaseUrl },
    cut: () => administrate(CUT_ALL),
    wipe: () => administrate('DROP SCHEMA bullmq CASCADE'),
    async addRaw(data) {
      const raw = new BullQueue('stratobot', { connection }, createPostgresBackend);
      await raw.add('build', data);
      await raw.close();
    },
    stop: drop,
  };
}

/** @param password asked of whoever connects */
export async function redisServer(password?: string): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-redis-'));
  const port = await freePort();
  const child = spawn('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...['--maxmemory-policy', 'noeviction'],
    ...(password === undefined ? [] : ['--requirepass', password]),
  ]);
  for await (const line of child.stdout) {
    if (String(line).includes('Ready to accept connections')) break;
  }
  const url = `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`;
  return {
    connection: { databaseUrl: 'postgres://unused', redisUrl: url },
    async cut() {
      const client = new Redis(url);
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await client.quit();
    },
    async wipe() {
      const client = new Redis(url);
      await client.flushall();
      await client.quit();
    },
    async addRaw(data) {
      const raw = new BullQueue('stratobot', { connection: { url } }, createRedisBackend);
      await raw.add('build', data);
      await raw.close();
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
