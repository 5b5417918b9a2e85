import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { verifyChain } from '../../src/store/audit-chain.ts';
import { restoreBackup } from '../../src/store/backup/restore.ts';
import { writeBackup } from '../../src/store/backup/write.ts';
import { lookAt } from '../../src/store/existing.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openRecords } from '../../src/store/records.ts';
import type { Tables } from '../../src/store/schema.ts';
import { folder } from '../config/folder.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { silent } from '../harness/log.ts';

/** For each migration the rows that a bot of that version may have written, on top of those of the versions before. */
const FIXTURES = new URL('../fixtures/schemas/', import.meta.url);
const versions = (await readdir(FIXTURES)).map((file) => file.replace('.sql', '')).sort();

let database: FreshDatabase;
let client: pg.Client;
beforeEach(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.databaseUrl);
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
});

const applied = () => lookAt(database.databaseUrl, async (_, schema) => schema.applied);

/** A database that lived through all versions up to this one, with rows of each. */
async function live(upTo: string): Promise<void> {
  await client.query('DROP SCHEMA stratobot CASCADE');
  const pool = new pg.Pool({ connectionString: database.databaseUrl });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  for (const version of versions.filter((each) => each <= upTo)) {
    await migrate(db, version);
    await client.query(await readFile(new URL(`${version}.sql`, FIXTURES), 'utf8'));
  }
  await db.destroy();
}

/** Every row, through the doors that the workflow uses, after the start of a bot of today. */
async function readAll() {
  const { records, close } = await openRecords({ databaseUrl: database.databaseUrl, log: silent });
  const ids = async (table: string) =>
    (await client.query<{ id: string }>(`SELECT id FROM stratobot.${table} ORDER BY id`)).rows.map(({ id }) =>
      Number(id),
    );
  const each = <T>(list: readonly number[], read: (id: number) => Promise<T>) => Promise.all(list.map(read));
  const deploys = await ids('deploys');
  const all = {
    deliveries: await Promise.all(['g-1', 'g-2', 'g-3'].map((guid) => records.deliveries.get(guid))),
    log: await records.deliveries.logReadTo(),
    heads: [await records.heads.newest('o/r', 3), await records.heads.movedAt('o/r', 3, 'def')],
    requests: await each(await ids('requests'), records.requests.get),
    builds: await each(await ids('builds'), records.builds.get),
    artifacts: await records.artifacts.get(await ids('artifacts')),
    logs: await each([6, 8], records.remains.logKey),
    deploys: await each(deploys, records.deploys.get),
    reviews: (await each(deploys, records.deploys.reviews)).flat(),
    publications: (await each(deploys, records.publications.ofDeploy)).flat(),
    rollbacks: (await each(deploys, records.rollbacks.ofDeploy)).flat(),
    postings: await Promise.all(['status:1', 'check:1', 'reply:comment:1'].map(records.postings.get)),
    audit: await records.audit.list('deploy:5'),
  };
  await close();
  return all;
}

test('every migration has rows of its version', async () => {
  expect(versions).toEqual(await applied());
});

test('a backup from before an update comes back up to date', async () => {
  await live('008-newest-head');
  const file = join(await folder(), 'backup.sql');
  const rows = await writeBackup(database.databaseUrl, file, 0);
  const before = await readAll();
  expect(await restoreBackup(database.databaseUrl, file, true)).toBe(rows);
  const reply = before.postings[2];
  expect(await readAll()).toEqual({
    ...before,
    postings: [...before.postings.slice(0, 2), { ...reply, attemptedAt: 0 }],
  });
});

describe('rows of every earlier version are read by this one', () => {
  const last = versions.at(-1) ?? '';

  test('of all versions together', async () => {
    await live(last);
    const all = await readAll();
    await expect(`${JSON.stringify(all, null, 2)}\n`).toMatchFileSnapshot('../fixtures/schemas-read.json');
    expect(await lookAt(database.databaseUrl, (db) => verifyChain(db, null))).toMatchObject({
      kind: 'whole',
      lines: 3,
    });
  });

  test.each(versions.slice(0, -1))('%s, brought up to date in one step', async (version) => {
    await live(version);
    const all = await readAll();
    expect(all.builds.map((build) => build?.state.kind).slice(0, 8)).toEqual([
      'queued',
      'starting',
      'running',
      'cancelling',
      'collecting',
      'succeeded',
      'failed',
      'cancelled',
    ]);
    expect(all.deploys.map((deploy) => deploy?.state.kind).slice(0, 8)).toEqual([
      'preparing',
      'open',
      'approved',
      'ingesting',
      'published',
      'rejected',
      'superseded',
      'failed',
    ]);
    expect(all.deploys[4]?.state).toMatchObject({ approvals: [{ reviewer: 'ana', reviewId: 5 }] });
    expect(Object.values(all).flat()).not.toContain(undefined);
    expect(await lookAt(database.databaseUrl, (db) => verifyChain(db, null))).toMatchObject({
      kind: 'whole',
    });
    expect(await applied()).toEqual(versions);
  });
});
