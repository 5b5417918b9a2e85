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

test('builds of one pool keep their node, and what they avoid', async () => {
  const handle = { node: 'zen2/n1', directory: '/jobs/1', job: '7:1:b' };
  const failure = { code: 'lost', class: 'infrastructure', sentence: 'It is lost.', line: null, excerpt: [] };
  const states = [
    { kind: 'queued', since: 5 },
    { kind: 'starting', since: 5, node: 'zen2/n1' },
    { kind: 'running', startedAt: 6, handle },
    { kind: 'failed', startedAt: 6, endedAt: 7, handle, failure },
    { kind: 'failed', startedAt: null, endedAt: 7, handle: null, failure },
    { kind: 'cancelled', startedAt: null, at: 7, by: 'ann' },
  ];
  await sql`
    INSERT INTO stratobot.requests
      (repo, pull_request, head_sha, base_ref, title, author, requested_by, commands, source, created_at)
      VALUES ('o/r', 1, 'f', 'main', 'Add it', 'ann', 'bob', '[]', 'comment:1', 1)`.execute(old);
  const target = { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null };
  for (const [index, state] of [...states, { kind: 'queued', since: 8 }].entries()) {
    const again = index === states.length;
    const retry = again ? JSON.stringify({ of: 4, notBefore: 9, avoidNode: 'zen2/n1' }) : null;
    await sql`
      INSERT INTO stratobot.builds
        (request_id, target, repository, pool, exports, retry, retry_of, state, moved_at, created_at)
        VALUES (1, ${JSON.stringify(target)}, 'stack', 'zen2', '{}', ${retry}, ${again ? 4 : null},
          ${JSON.stringify(state)}, 20, 2)`.execute(old);
  }
  const opened = await openRecords({ databaseUrl: database.databaseUrl, log: silent });
  try {
    const builds = await opened.records.builds.ofRequest(1);
    expect(builds.map(({ state }) => state)).toEqual([...states, { kind: 'queued', since: 8 }]);
    const reason = 'the first pool of the configuration that could build it';
    const at = (time: number) => ({ pool: 'zen2', node: 'zen2/n1', reason, at: time });
    expect(builds.map(({ placement }) => placement)).toEqual([null, at(20), at(6), at(6), null, null, null]);
    for (const { pools, priority } of builds)
      expect({ pools, priority }).toEqual({ pools: ['zen2'], priority: null });
    expect(builds.map(({ avoid }) => avoid)).toEqual([[], [], [], [], [], [], ['zen2/n1']]);
    expect(builds.at(-1)?.retry).toEqual({ of: 4, notBefore: 9 });
    expect(await opened.records.remains.strays(100)).toEqual([]);
  } finally {
    await opened.close();
  }
});
