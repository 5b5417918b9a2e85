import { type Kysely, sql } from 'kysely';
import { Permanent } from '../../domain/errors.ts';
import { lookAt } from '../existing.ts';
import { PRESENCE } from '../locks.ts';
import { isKnownMigration, migrate, type SchemaState, tooNew } from '../migrations.ts';
import { SCHEMA, type Tables } from '../schema.ts';
import { checkBackup, partsOf } from './read.ts';
import { inOneTransaction, type Table, tablesOf, withoutForeignKeys } from './tables.ts';

const ROWS_AT_ONCE = 200;
/**
 * Ids go on so far after the newest of the backup: those in between may have been given after it was made, and name job
 * folders, artifacts, branches and revisions, which a new build or deploy must not take for its own.
 */
const IDS_LEFT_OUT = 10_000;

/**
 * Brings a backup back, whole or not at all, and its tables up to date. The queue is thrown away: it is filled from the rows.
 * @param replace false refuses a database that holds rows
 * @returns how many rows there are
 * @throws Permanent when the file, the database or a running bot does not allow it; nothing is changed then
 */
export async function restoreBackup(databaseUrl: string, file: string, replace: boolean): Promise<number> {
  const migration = await checkBackup(file);
  if (!isKnownMigration(migration)) throw tooNew({ unknown: [migration] }, 'made this backup');
  return lookAt(databaseUrl, (db, schema) =>
    inOneTransaction(db, 'read committed', async (trx) => {
      await refuseBots(trx);
      if (!replace) await refuseRows(trx, schema);
      await sql`DROP SCHEMA IF EXISTS ${sql.ref(SCHEMA)}, bullmq CASCADE`.execute(trx);
      await migrate(trx, migration);
      const tables = await tablesOf(trx);
      await sql`ALTER TABLE ${sql.table(`${SCHEMA}.audit`)} DISABLE TRIGGER USER`.execute(trx);
      const byName = new Map(tables.map((table) => [table.name, table]));
      const count = await withoutForeignKeys(trx, () => fill(trx, file, byName));
      await sql`ALTER TABLE ${sql.table(`${SCHEMA}.audit`)} ENABLE TRIGGER USER`.execute(trx);
      for (const table of tables) await moveIdsOn(trx, table);
      await migrate(trx);
      // What was said since is there to be found.
      await sql`
        UPDATE ${sql.table(`${SCHEMA}.postings`)} SET attempted_at = 0
          WHERE attempted_at IS NULL AND body IS NOT NULL`.execute(trx);
      return count;
    }),
  );
}

/** Held until the restore has ended: no bot starts meanwhile. */
async function refuseBots(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ alone: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${PRESENCE}, 0)) AS alone`.execute(db);
  if (!rows[0]?.alone) throw new Permanent('a bot is running on this database: end it first');
}

async function refuseRows(db: Kysely<Tables>, { applied }: SchemaState): Promise<void> {
  if (applied.length === 0) return;
  for (const { name } of await tablesOf(db)) {
    const { rows } = await sql`SELECT 1 FROM ${sql.table(`${SCHEMA}.${name}`)} LIMIT 1`.execute(db);
    if (rows.length > 0)
      throw new Permanent('this database holds a record already; with --replace it is thrown away first');
  }
}

async function fill(db: Kysely<Tables>, file: string, tables: ReadonlyMap<string, Table>): Promise<number> {
  let table: Table | null = null;
  let batch: (string | null)[][] = [];
  let count = 0;
  const flush = async () => {
    if (table !== null && batch.length > 0) await insert(db, table, batch);
    batch = [];
  };
  for await (const part of partsOf(file)) {
    if (part.kind === 'table') {
      await flush();
      table = described(tables, part.name, part.columns);
    } else {
      batch.push(part.values);
      count += 1;
      if (batch.length === ROWS_AT_ONCE) await flush();
    }
  }
  await flush();
  return count;
}

/** The table with the columns in the order of the backup. */
function described(tables: ReadonlyMap<string, Table>, name: string, columns: readonly string[]): Table {
  const table = tables.get(name);
  const ordered = columns.flatMap((wanted) => table?.columns.find((column) => column.name === wanted) ?? []);
  if (table === undefined || ordered.length !== columns.length)
    throw new Permanent(`the backup has a table ${name} with other columns than its migration makes`);
  return { ...table, columns: ordered };
}

async function insert(
  db: Kysely<Tables>,
  { name, columns }: Table,
  rows: (string | null)[][],
): Promise<void> {
  const names = sql.join(columns.map((column) => sql.ref(column.name)));
  const texts = columns.map((_, index) => sql`${rows.map((row) => row[index] ?? null)}::text[]`);
  const typed = columns.map((column) => sql`${sql.ref(column.name)}::${sql.raw(column.type)}`);
  await sql`
    INSERT INTO ${sql.table(`${SCHEMA}.${name}`)} (${names}) OVERRIDING SYSTEM VALUE
      SELECT ${sql.join(typed)} FROM unnest(${sql.join(texts)}) AS row (${names})`.execute(db);
}

async function moveIdsOn(db: Kysely<Tables>, { name, columns }: Table): Promise<void> {
  for (const column of columns.filter(({ identity }) => identity)) {
    await sql`
      SELECT setval(
        pg_get_serial_sequence(${`${SCHEMA}.${name}`}, ${column.name}),
        coalesce(max(${sql.ref(column.name)}), 0) + ${sql.lit(IDS_LEFT_OUT)}
      ) FROM ${sql.table(`${SCHEMA}.${name}`)}`.execute(db);
  }
}
