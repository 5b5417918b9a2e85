import pg from 'pg';
import { afterEach, beforeEach } from 'vitest';
import type { Records } from '../../src/ports/records.ts';
import { type OpenRecords, openRecords } from '../../src/store/records.ts';
import { type FreshDatabase, freshDatabase } from './database.ts';
import { silent } from './log.ts';

/** The record of one test: an empty database, and ways to come at it. */
interface FreshRecords {
  records: Records;
  /** Time of the bots' clock; 50,000 at the start. */
  now: number;
  database: FreshDatabase;
  /** One more bot on the same database. */
  open(onReturn?: () => void): Promise<OpenRecords>;
  /** A statement past the port, as somebody with psql would send it. */
  psql(statement: string): Promise<void>;
}

/** Ends every other connection of the database, and waits until it has ended. */
export const CUT_ALL = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;

/** Gives every test of a file a record of its own; fields are set when a test runs. */
export function freshRecords(): FreshRecords {
  let opened: OpenRecords[] = [];
  const fresh: Omit<FreshRecords, 'records' | 'database'> = {
    now: 50_000,
    async open(onReturn) {
      const { databaseUrl } = bot.database;
      const clock = { now: () => bot.now };
      const told = onReturn === undefined ? {} : { onReturn };
      const one = await openRecords({ databaseUrl, poolSize: 3, log: silent, clock, ...told });
      opened.push(one);
      return one;
    },
    async psql(statement) {
      const client = new pg.Client(bot.database.databaseUrl);
      await client.connect();
      await client.query(statement).finally(() => client.end());
    },
  };
  const bot = fresh as FreshRecords;

  beforeEach(async () => {
    opened = [];
    bot.now = 50_000;
    bot.database = await freshDatabase();
    bot.records = (await bot.open()).records;
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await bot.database.drop();
  });
  return bot;
}
