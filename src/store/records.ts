import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Clock, Log } from '../ports/basics.ts';
import type { Records } from '../ports/records.ts';
import { artifacts } from './artifacts.ts';
import { audit } from './audit.ts';
import { builds } from './builds.ts';
import { connection } from './connect.ts';
import { deliveries } from './deliveries.ts';
import { deploys } from './deploys.ts';
import { asRecordsError, withRecordsErrors } from './failures.ts';
import { heads } from './heads.ts';
import { openLocks } from './locks.ts';
import { migrate } from './migrations.ts';
import { postings } from './postings.ts';
import { publications } from './publications.ts';
import { remains } from './remains.ts';
import { requests } from './requests.ts';
import { rollbacks } from './rollbacks.ts';
import { SCHEMA, type Tables } from './schema.ts';
import { uploads } from './uploads.ts';
import { StorableTextPlugin } from './values.ts';
import { waits } from './waits.ts';

const POOL_SIZE = 10;

export interface OpenRecords {
  records: Records;
  /** Waits for queries that run; locks still held are freed with the connection. */
  close(): Promise<void>;
  /** Asks the database for a sign of life. Throws Retryable when there is none. */
  health(): Promise<void>;
}

/**
 * Opens the record in PostgreSQL and brings its tables up to date.
 * @throws Retryable when the database cannot be reached, here and in every method
 */
export async function openRecords(options: {
  databaseUrl: string;
  /** Most connections for queries at a time; one more holds the locks. */
  poolSize?: number;
  log: Log;
  /** Dates the moves of builds and deploys. */
  clock?: Clock;
  /** The database is back after its connection was lost. */
  onReturn?: () => void;
}): Promise<OpenRecords> {
  const { databaseUrl, log, clock = { now: Date.now } } = options;
  const pool = new pg.Pool({ ...connection(databaseUrl), max: options.poolSize ?? POOL_SIZE });
  // A connection that is cut tells so on the client; unheard, the event would end the process.
  const cut = (error: Error) => log.warn({ err: error }, 'lost a connection to PostgreSQL');
  pool.on('connect', (client) => client.on('error', cut));
  pool.on('error', () => undefined);

  const unqualified = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new StorableTextPlugin()],
  });
  const locks = openLocks(databaseUrl, log, options.onReturn);
  try {
    await locks.open();
    await migrate(unqualified);
  } catch (error) {
    await locks.close();
    await unqualified.destroy();
    throw asRecordsError(error);
  }

  const db = unqualified.withSchema(SCHEMA);
  return {
    records: {
      deliveries: withRecordsErrors(deliveries(db)),
      heads: withRecordsErrors(heads(db)),
      requests: withRecordsErrors(requests(db)),
      builds: withRecordsErrors(builds(db, clock)),
      artifacts: withRecordsErrors(artifacts(db)),
      remains: withRecordsErrors(remains(db)),
      uploads: withRecordsErrors(uploads(db)),
      deploys: withRecordsErrors(deploys(db, clock)),
      publications: withRecordsErrors(publications(db)),
      rollbacks: withRecordsErrors(rollbacks(db)),
      waits: withRecordsErrors(waits(db)),
      postings: withRecordsErrors(postings(db)),
      audit: withRecordsErrors(audit(db, log)),
      locked: locks.locked,
    },
    async close() {
      await locks.close();
      await unqualified.destroy();
    },
    async health() {
      await sql`SELECT 1`.execute(db).catch((error) => {
        throw asRecordsError(error);
      });
    },
  };
}
