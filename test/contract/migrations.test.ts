import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { up as first } from '../../src/store/migrations/001-first.ts';
import { openRecords } from '../../src/store/records.ts';
import { SCHEMA } from '../../src/store/schema.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { silent } from '../harness/log.ts';
import { aDeploy } from '../harness/rows.ts';

let database: FreshDatabase;
let old: Kysely<never>;

/** A database as the first release left it. */
beforeEach(async () => {
  database = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database.databaseUrl, max: 2 });
  // The database is dropped while the pool still says good-bye.
  pool.on('connect', (client) => client.on('error', () => undefined));
  old = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });
  await sql`DROP SCHEMA stratobot CASCADE`.execute(old);
  const provider = { getMigrations: async () => ({ '001-first': { up: first } }) };
  const { error } = await new Migrator({ db: old, provider, migrationTableSchema: SCHEMA }).migrateToLatest();
  if (error) throw error;
});
afterEach(async () => {
  await old.destroy();
  await database.drop();
});

test('what one person approved before is approved by a list of one', async () => {
  const { digest, artifacts } = aDeploy();
  const approval = { reviewer: 'ana', reviewId: 1, commit: 'c1', digest };
  const states = [
    { kind: 'approved', at: 2, pullRequest: 9, commit: 'c1', approval },
    { kind: 'published', at: 2, pullRequest: 8, commit: 'c1', approval, revision: 4, files: 1, path: '/x' },
    { kind: 'open', since: 2, pullRequest: 7, commit: 'c1' },
  ];
  for (const [index, state] of states.entries()) {
    await sql`
      INSERT INTO stratobot.deploys
        (repo, pull_request, head_sha, author, requested_by, source, digest, artifacts, staging, state, moved_at, created_at)
        VALUES ('o/r', ${index + 1}, 'f', 'ann', 'bob', ${`comment:${index}`}, ${digest},
          ${JSON.stringify(artifacts)}, 'o/s', ${JSON.stringify(state)}, 1, 1)`.execute(old);
  }
  const opened = await openRecords({ databaseUrl: database.databaseUrl, log: silent });
  try {
    const rows = await Promise.all([1, 2, 3].map((id) => opened.records.deploys.get(id)));
    expect(rows.map((row) => [row?.rebuild, row?.state])).toEqual(
      states.map(({ approval: one, ...state }) => [false, one ? { ...state, approvals: [one] } : state]),
    );
  } finally {
    await opened.close();
  }
});
