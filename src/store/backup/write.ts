import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Kysely, sql } from 'kysely';
import { Permanent } from '../../domain/errors.ts';
import { lookAt, mustBeKnown } from '../existing.ts';
import { SCHEMA, type Tables } from '../schema.ts';
import { END_OF_ROWS, toCopyLine } from './copy-text.ts';
import { inOneTransaction, type Table, tablesOf } from './tables.ts';

/** First words of the first and of the last line of a backup. */
export const FIRST_LINE = '-- Stratobot backup 1, tables as of ';
export const LAST_LINE = '-- whole, sha256 of all before ';
const ROWS_AT_ONCE = 200;

/**
 * Writes all rows of the record into a new file, as they are at one moment; a bot may go on working. The file holds SQL
 * as `pg_dump --data-only` writes it, and ends with a line that says it is whole; it appears whole or not at all.
 * @returns how many rows it holds
 * @throws Permanent when the file is there already, or the record is of a newer Stratobot, or none
 */
export async function writeBackup(databaseUrl: string, file: string, now: number): Promise<number> {
  const there = await stat(file).catch(() => null);
  if (there !== null) throw new Permanent(`${file} is there already, and is not overwritten`);
  const part = `${file}.part`;
  let count = 0;
  try {
    await lookAt(databaseUrl, (db, schema) => {
      mustBeKnown(schema);
      return inOneTransaction(db, 'repeatable read', async (trx) => {
        const lines = content(trx, schema.applied.at(-1) ?? '', now, () => {
          count += 1;
        });
        await pipeline(sealed(lines), createWriteStream(part, { mode: 0o600, flush: true }));
      });
    });
    await rename(part, file);
    return count;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function* content(
  db: Kysely<Tables>,
  migration: string,
  now: number,
  counted: () => void,
): AsyncGenerator<string> {
  yield `${FIRST_LINE}${migration}\n`;
  yield `-- Made ${new Date(now).toISOString()}. Read by: stratobot restore FILE\n`;
  yield "SET client_encoding = 'UTF8';\nSET session_replication_role = replica;\n";
  for (const table of await tablesOf(db)) {
    const names = table.columns.map(({ name }) => `"${name}"`).join(', ');
    yield `\nCOPY ${SCHEMA}.${table.name} (${names}) FROM stdin;\n`;
    for await (const rows of pagesOf(db, table)) {
      for (const row of rows) {
        counted();
        yield `${toCopyLine(row)}\n`;
      }
    }
    yield `${END_OF_ROWS}\n`;
  }
}

/** Rows of a table in the order of its key, every value as text. */
async function* pagesOf(
  db: Kysely<Tables>,
  { name, columns, key }: Table,
): AsyncGenerator<(string | null)[][]> {
  const texts = columns.map((column) => sql`${sql.ref(column.name)}::text`);
  const order = key.length === 0 ? sql`` : sql`ORDER BY ${sql.join(key.map((column) => sql.ref(column)))}`;
  await sql`
    DECLARE backup NO SCROLL CURSOR FOR
      SELECT json_build_array(${sql.join(texts)})::text AS row FROM ${sql.table(`${SCHEMA}.${name}`)} ${order}
    `.execute(db);
  for (;;) {
    const { rows } = await sql<{ row: string }>`FETCH ${sql.lit(ROWS_AT_ONCE)} FROM backup`.execute(db);
    if (rows.length > 0) yield rows.map(({ row }) => JSON.parse(row) as (string | null)[]);
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await sql`CLOSE backup`.execute(db);
}

/** The same with a last line that tells whether anything is missing or was changed. */
async function* sealed(parts: AsyncIterable<string>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for await (const part of parts) {
    hash.update(part);
    yield part;
  }
  yield `${LAST_LINE}${hash.digest('hex')}\n`;
}
