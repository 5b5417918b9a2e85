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

/** All tables of the record, each after those that its rows refer to; Kysely's own are left out. */
export async function tablesOf(db: Kysely<Tables>): Promise<Table[]> {
  const { rows } = await sql<Table & { refersTo: string[] }>`
    SELECT c.relname AS name,
      (SELECT json_agg(json_build_object(
          'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'identity', a.attidentity <> ''
        ) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
      (SELECT json_agg(a.attname ORDER BY k.number)
        FROM pg_constraint p, unnest(p.conkey) WITH ORDINALITY AS k(attnum, number), pg_attribute a
        WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attrelid = c.oid AND a.attnum = k.attnum) AS key,
      (SELECT coalesce(json_agg(DISTINCT f.relname), '[]'::json)
        FROM pg_constraint r JOIN pg_class f ON f.oid = r.confrelid
        WHERE r.conrelid = c.oid AND r.contype = 'f' AND f.oid <> c.oid) AS "refersTo"
    FROM pg_class c
    WHERE c.relnamespace = ${SCHEMA}::regnamespace AND c.relkind = 'r' AND NOT starts_with(c.relname, 'kysely_')
    ORDER BY c.relname`.execute(db);
  const sorted: Table[] = [];
  const waiting = new Map(rows.map((row) => [row.name, row]));
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(({ refersTo }) => !refersTo.some((name) => waiting.has(name)));
    if (ready.length === 0) throw new Error('tables refer to each other in a circle');
    for (const { name, columns, key } of ready) {
      sorted.push({ name, columns, key });
      waiting.delete(name);
    }
  }
  return sorted;
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
