import pg from 'pg';
import { Retryable } from '../domain/errors.ts';
import type { Log } from '../ports/basics.ts';
import type { Records } from '../ports/records.ts';
import { connection } from './connect.ts';
import { asRecordsError } from './failures.ts';

/** The lock that every bot shares for as long as it runs; whoever has it alone knows that none does. */
export const PRESENCE = 'stratobot:presence';
/** How long a lost connection is gone before another is made: presence must not wait for the next lock. */
const RECONNECT_MS = 1_000;

export interface Locks {
  /** Says that a bot is here. Throws Retryable while a backup is being restored. */
  open(): Promise<void>;
  locked: Records['locked'];
  close(): Promise<void>;
}

/**
 * Named locks as session-level advisory locks. One connection of its own holds all locks of this process, so work that
 * takes long never keeps a query waiting; PostgreSQL frees the locks when the process or the connection ends. A session
 * may take its own lock twice, so within the process the set of names decides.
 * @param onReturn the connection was lost and another one stands
 */
export function openLocks(databaseUrl: string, log: Log, onReturn: () => void = () => undefined): Locks {
  const held = new Set<string>();
  let session: Promise<pg.Client> | null = null;
  let closed = false;
  let lost = false;
  let timer: NodeJS.Timeout | null = null;

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(connection(databaseUrl));
    client.on('error', (error) =>
      log.warn({ err: error, held: [...held] }, 'lost the connection with the locks'),
    );
    client.on('end', () => {
      forget();
      lost = true;
      again();
    });
    await client.connect();
    const { rows } = await client.query<{ got: boolean }>(
      'SELECT pg_try_advisory_lock_shared(hashtextextended($1, 0)) AS got',
      [PRESENCE],
    );
    if (rows[0]?.got === true) {
      if (lost) onReturn();
      lost = false;
      return client;
    }
    await client.end();
    throw new Retryable('a backup is being restored into this database');
  };
  const forget = () => {
    session = null;
  };
  /** Until it is there: presence must not wait for somebody who wants a lock. */
  const again = () => {
    if (closed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      current().catch(again);
    }, RECONNECT_MS).unref();
  };
  const current = async (): Promise<pg.Client> => {
    if (closed) throw new Retryable('the locks are closed');
    if (session === null) {
      session = connect();
      session.catch(forget);
    }
    return session;
  };
  /** One question at a time; a client does not take two. */
  let last: Promise<unknown> = Promise.resolve();
  const ask = (client: pg.Client, lockFunction: string, name: string): Promise<boolean> => {
    const answer = last.then(async () => {
      const statement = `SELECT ${lockFunction}(hashtextextended($1, 0)) AS yes`;
      const { rows } = await client.query<{ yes: boolean }>(statement, [key(name)]);
      return rows[0]?.yes === true;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  /** Ends a session in doubt: a lock nobody knows of must not stay. */
  const discard = (client: pg.Client): void => {
    forget();
    client.end().catch(() => undefined);
  };

  const acquire = async (name: string): Promise<pg.Client | null> => {
    try {
      const client = await current();
      const got = await ask(client, 'pg_try_advisory_lock', name).catch((error) => {
        discard(client);
        throw error;
      });
      return got ? client : null;
    } catch (error) {
      throw asRecordsError(error);
    }
  };
  const release = async (client: pg.Client, name: string): Promise<void> => {
    try {
      await ask(client, 'pg_advisory_unlock', name);
    } catch (error) {
      log.warn({ err: error, lock: name }, 'a lock was lost before it was released');
      discard(client);
    }
  };

  return {
    async open() {
      await current().catch((error) => {
        throw asRecordsError(error);
      });
    },
    async locked(name, work) {
      if (held.has(name)) return 'busy';
      held.add(name);
      try {
        const client = await acquire(name);
        if (client === null) return 'busy';
        try {
          return await work();
        } finally {
          await release(client, name);
        }
      } finally {
        held.delete(name);
      }
    },
    async close() {
      closed = true;
      const client = await session?.catch(() => null);
      await client?.end();
    },
  };
}

/** Advisory locks are shared by everything in the database, BullMQ included. */
function key(name: string): string {
  return `stratobot:${name}`;
}
