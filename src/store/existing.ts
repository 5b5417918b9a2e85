import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Permanent } from '../domain/errors.ts';
import { connection } from './connect.ts';
import { asRecordsError } from './failures.ts';
import { type SchemaState, schemaState, tooNew } from './migrations.ts';
import { SCHEMA, type Tables } from './schema.ts';

/**
 * Lets `work` look at a database over one connection, as it is: nothing is made or migrated, and a bot may be running on it.
 * @throws Retryable when the database does not answer
 */
export async function lookAt<T>(
  databaseUrl: string,
  work: (db: Kysely<Tables>, schema: SchemaState) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({ ...connection(databaseUrl), max: 1 });
  pool.on('error', () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await work(db.withSchema(SCHEMA), await schemaState(db));
  } catch (error) {
    throw asRecordsError(error);
  } finally {
    await db.destroy();
  }
}

/** @throws Permanent unless the database has tables of this Stratobot or an older one */
export function mustBeKnown(schema: SchemaState): void {
  if (schema.applied.length === 0) throw new Permanent('there is no record of a Stratobot in this database');
  if (schema.unknown.length > 0) throw tooNew(schema);
}

/** @throws Permanent unless the database has the very tables of this Stratobot */
export function mustBeOurs(schema: SchemaState): void {
  mustBeKnown(schema);
  const [next] = schema.pending;
  if (next !== undefined)
    throw new Permanent(
      `the tables are those of an older Stratobot, from before ${next}: the next start brings them up to date`,
    );
}
