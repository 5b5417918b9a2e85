import { type Kysely, sql } from 'kysely';
import { SCHEMA, type Tables } from '../schema.ts';

/** A table of the record, as the database describes it. */
export interface Table {
  name: string;
  /** Without those that the database computes. `type` as SQL writes it. */
  columns: { name: string; type: string; identity: boolean }[];
  /** Columns of the primary key. */
  key: string[];
}

/** All tables of the record; Kysely's own are left out. */
export async function tablesOf(db: Kysely<Tables>): Promise<Table[]> {
  const { rows } = await sql<Table>`
    SELECT c.relname AS name,
      (SELECT json_agg(json_build_object(
          'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'identity', a.attidentity <> ''
        ) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
      (SELECT json_agg(a.attname ORDER BY k.number)
        FROM pg_constraint p, unnest(p.conkey) WITH ORDINALITY AS k(attnum, number), pg_attribute a
        WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attrelid = c.oid AND a.attnum = k.attnum) AS key
    FROM pg_class c
    WHERE c.relnamespace = ${SCHEMA}::regnamespace AND c.relkind = 'r' AND NOT starts_with(c.relname, 'kysely_')
    ORDER BY c.relname`.execute(db);
  return rows;
}

/** Runs `work` on tables whose rows may refer to rows that come later; all of them have to be there in the end. */
export async function withoutForeignKeys<T>(db: Kysely<Tables>, work: () => Promise<T>): Promise<T> {
  const { rows: keys } = await sql<{ table: string; name: string; definition: string }>`
    SELECT c.relname AS table, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = ${SCHEMA}::regnamespace AND k.contype = 'f'`.execute(db);
  const alter = ({ table, name }: { table: string; name: string }, action: string) =>
    sql`ALTER TABLE ${sql.table(`${SCHEMA}.${table}`)} ${sql.raw(action)} CONSTRAINT ${sql.ref(name)}`;
  for (const key of keys) await alter(key, 'DROP').execute(db);
  const result = await work();
  for (const key of keys) await sql`${alter(key, 'ADD')} ${sql.raw(key.definition)}`.execute(db);
  return result;
}

/** Runs `work` in a transaction with all of the connection's time: what takes long here is no error. */
export function inOneTransaction<T>(
  db: Kysely<Tables>,
  isolation: 'repeatable read' | 'read committed',
  work: (trx: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel(isolation)
    .execute(async (trx) => {
      await sql`SET LOCAL statement_timeout = 0`.execute(trx);
      return work(trx);
    });
}
