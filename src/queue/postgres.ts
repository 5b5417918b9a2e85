import type { PostgresConnectionOptions } from 'bullmq';
import pg from 'pg';

/** What the worker asks at a time; one connection more waits for news. */
const WORKER_CONNECTIONS = 6;

/**
 * BullMQ leaves its clients without a listener while it makes its tables and when it ends; an error event that nobody hears ends
 * the process. Whoever waits for an answer over the connection is told of its end all the same.
 */
export class UnheardClient extends pg.Client {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error' && this.listenerCount('error') === 0) return false;
    return super.emit(event, ...args);
  }
}

/** How the queue reaches PostgreSQL, where it lives in schema `bullmq`. */
export function postgresConnections(databaseUrl: string): {
  /** Makes the tables where they are missing. */
  producer: PostgresConnectionOptions;
  /** Ours to close: of its own pools BullMQ makes the client that waits for news without our class. */
  worker: PostgresConnectionOptions;
  close(): Promise<void>;
} {
  // A crash of the server may forget the last moments of the queue, which the rows make good; no step waits for a disk.
  const connection = { connectionString: databaseUrl, keepAlive: true, Client: UnheardClient };
  const options = '-c synchronous_commit=off';
  const worker = new pg.Pool({
    ...connection,
    options: `${options} -c search_path=bullmq`,
    max: WORKER_CONNECTIONS + 1,
  });
  return {
    producer: { ...connection, options, schema: 'bullmq', migrate: true, max: 4 },
    // A Pool of pg is what is meant; the types of its overloads are not.
    worker: worker as unknown as PostgresConnectionOptions,
    async close() {
      if (!worker.ended) await worker.end();
    },
  };
}
