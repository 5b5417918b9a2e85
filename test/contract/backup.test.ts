import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { verifyChain } from '../../src/store/audit-chain.ts';
import { fromCopyLine, toCopyLine } from '../../src/store/backup/copy-text.ts';
import { checkBackup } from '../../src/store/backup/read.ts';
import { restoreBackup } from '../../src/store/backup/restore.ts';
import { writeBackup } from '../../src/store/backup/write.ts';
import { lookAt } from '../../src/store/existing.ts';
import { openRecords } from '../../src/store/records.ts';
import { folder } from '../config/folder.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';
import { aDeploy, anArtifact, aRequest, digest, twoBuilds } from '../harness/rows.ts';

const bot = freshRecords();
const NOW = Date.UTC(2026, 10, 21);

let file: string;
let other: FreshDatabase;
beforeEach(async () => {
  file = join(await folder(), 'backup.sql');
  other = await freshDatabase();
  onTestFinished(() => other.drop());
});

/** Rows in every table that has some, with texts that are hard to write down. */
async function fill(): Promise<void> {
  const { records } = bot;
  const odd = 'tab\there\nline\r\\N \\. \\\\ "quoted" \u0001 ä😀 {a,b} NULL';
  const { builds } = await records.requests.create(aRequest({ title: odd, commands: [odd, ''] }), twoBuilds);
  await records.artifacts.add(anArtifact(builds[0]?.id ?? 0, 'a.tar.zst'));
  const { deploy } = await records.deploys.create(aDeploy());
  await records.deploys.recordReview(deploy.id, {
    reviewId: 5,
    reviewer: 'ana',
    commit: 'c',
    accepted: true,
    reason: odd,
    at: 1,
  });
  await records.heads.saw({ repo: 'o/r', number: 3, sha: 'abc', movedAt: null, at: 7 });
  const payload = { text: odd, big: 'x'.repeat(300_000) };
  for (let n = 0; n < 450; n += 1)
    await records.deliveries.record({
      guid: `g-${n}`,
      event: 'e',
      payload: n === 0 ? payload : {},
      receivedAt: n,
    });
  await records.deliveries.finish('g-3', 'done', '');
  await records.postings.ensure({ key: 'reply:1', repo: 'o/r', number: 3, body: odd });
  await records.postings.attempt('reply:1', 9);
  for (const at of [1, 2, 3])
    await records.audit.append({
      at,
      actor: odd,
      action: 'a',
      subject: 's',
      evidence: { [odd]: [1.5, odd] },
    });
}

/** Every row of every table, as JSON. */
async function everything(databaseUrl: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'stratobot'::regnamespace AND relkind = 'r'",
  );
  const all: Record<string, unknown> = {};
  for (const { name } of tables.filter((table) => !table.name.startsWith('kysely'))) {
    const { rows } = await client.query(`SELECT to_jsonb(t) AS row FROM stratobot.${name} t ORDER BY 1`);
    all[name] = rows;
  }
  await client.end();
  return all;
}

const ask = async (databaseUrl: string, statement: string) => {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query(statement).finally(() => client.end());
  return rows;
};

describe('a backup', () => {
  test('brings every row back into an empty database, and the audit log is whole', async () => {
    await fill();
    const count = await writeBackup(bot.database.databaseUrl, file, NOW);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await restoreBackup(other.databaseUrl, file, false)).toBe(count);
    expect(await everything(other.databaseUrl)).toEqual(await everything(bot.database.databaseUrl));
    const verdict = await lookAt(other.databaseUrl, (db) => verifyChain(db, null));
    expect(verdict).toMatchObject({ kind: 'whole', lines: 3 });
  });

  test('is read by psql as well', async (context) => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    const psql = spawnSync('psql', ['-v', 'ON_ERROR_STOP=1', '-qf', file, other.databaseUrl], {
      encoding: 'utf8',
    });
    context.skip(psql.error !== undefined, 'there is no psql here');
    expect(psql.stderr).toBe('');
    expect(await everything(other.databaseUrl)).toEqual(await everything(bot.database.databaseUrl));
  });

  test('is of one moment, whatever a bot writes meanwhile', async () => {
    await fill();
    const writing = writeBackup(bot.database.databaseUrl, file, NOW);
    const appending = Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        bot.records.audit.append({ at, actor: 'a', action: 'b', subject: 'c', evidence: {} }),
      ),
    );
    await Promise.all([writing, appending]);
    await restoreBackup(other.databaseUrl, file, false);
    expect(await lookAt(other.databaseUrl, (db) => verifyChain(db, null))).toMatchObject({ kind: 'whole' });
  });

  test('leaves ids out that were given since', async () => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    await restoreBackup(other.databaseUrl, file, false);
    const { records, close } = await openRecords({ databaseUrl: other.databaseUrl, log: silent });
    const { builds } = await records.requests.create(aRequest({ source: 'comment:2' }), twoBuilds);
    expect(builds.map(({ id }) => id)).toEqual([10_003, 10_004]);
    await records.audit.append({ at: 4, actor: 'a', action: 'b', subject: 'c', evidence: {} });
    await close();
    expect(await lookAt(other.databaseUrl, (db) => verifyChain(db, null))).toMatchObject({
      kind: 'whole',
      lines: 4,
    });
  });

  test('holds nothing of the surroundings', async () => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    const text = await readFile(file, 'utf8');
    const { password, host } = new URL(bot.database.databaseUrl);
    for (const secret of [password, host]) expect(text).not.toContain(secret);
  });

  test('does not overwrite a file, and leaves none when it fails', async () => {
    await writeFile(file, 'mine');
    await expect(writeBackup(bot.database.databaseUrl, file, NOW)).rejects.toThrow('is there already');
    expect(await readFile(file, 'utf8')).toBe('mine');
    await bot.psql('DROP SCHEMA stratobot CASCADE');
    await expect(writeBackup(bot.database.databaseUrl, `${file}.2`, NOW)).rejects.toThrow('no record');
    await expect(stat(`${file}.2`)).rejects.toThrow('ENOENT');
  });
});

describe('a restore refuses, and changes nothing', () => {
  const refusal = async (replace = false): Promise<string> => {
    const before = await everything(other.databaseUrl);
    const error: Error = await restoreBackup(other.databaseUrl, file, replace).then(
      () => new Error('it was restored'),
      (thrown) => thrown,
    );
    expect(await everything(other.databaseUrl)).toEqual(before);
    return error.message.replaceAll(file, '<file>');
  };

  test('a file that is not whole', async () => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    const whole = await readFile(file, 'utf8');
    const spoiled: [string, string][] = [
      ['', 'is empty'],
      ['CREATE TABLE x ();\n', 'is not a backup'],
      [whole.slice(0, whole.length / 2), 'is cut off'],
      [whole.replace('ana', 'eve'), 'was changed'],
      [`${whole}DROP SCHEMA stratobot;\n`, 'goes on after its end'],
    ];
    for (const [text, why] of spoiled) {
      await writeFile(file, text);
      expect(await refusal()).toContain(why);
    }
    expect(await restoreBackup(other.databaseUrl, `${file}.none`, false).catch(String)).toContain('ENOENT');
  });

  test('a backup of a newer Stratobot', async () => {
    await bot.psql(`INSERT INTO stratobot.kysely_migration VALUES ('999-later', '2030-01-01T00:00:00.000Z')`);
    await expect(writeBackup(bot.database.databaseUrl, file, NOW)).rejects.toThrow('a newer Stratobot');
    const seal = digest('-- Stratobot backup 1, tables as of 999-later\n');
    await writeFile(
      file,
      `-- Stratobot backup 1, tables as of 999-later\n-- whole, sha256 of all before ${seal}\n`,
    );
    expect(await refusal()).toMatch(/a newer Stratobot made this backup.* 999-later/);
  });

  test('a database with rows, unless it is told to replace them', async () => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    await ask(other.databaseUrl, "INSERT INTO stratobot.heads (repo, number, sha) VALUES ('o/r', 1, 'a')");
    expect(await refusal()).toContain('--replace');
    await restoreBackup(other.databaseUrl, file, true);
    expect(await everything(other.databaseUrl)).toEqual(await everything(bot.database.databaseUrl));
  });

  test('a database on which a bot runs', async () => {
    await writeBackup(bot.database.databaseUrl, file, NOW);
    const { close } = await openRecords({ databaseUrl: other.databaseUrl, log: silent });
    expect(await refusal(true)).toContain('a bot is running');
    await close();
    await restoreBackup(other.databaseUrl, file, true);
  });

  test('a row that the tables refuse', async () => {
    await fill();
    await writeBackup(bot.database.databaseUrl, file, NOW);
    const text = (await readFile(file, 'utf8'))
      .replace(/\n-- whole.*\n$/, '\n')
      .replace('"kind": "queued"', '"kind": "x"');
    await writeFile(file, `${text}-- whole, sha256 of all before ${digest(text)}\n`);
    expect(await checkBackup(file)).toMatch(/^\d{3}-/);
    expect(await refusal()).toContain('builds_evidence');
  });
});

test('a bot does not start while a backup is restored', async () => {
  const holder = new pg.Client(other.databaseUrl);
  await holder.connect();
  await holder.query("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('stratobot:presence', 0))");
  await expect(openRecords({ databaseUrl: other.databaseUrl, log: silent })).rejects.toThrow(
    'being restored',
  );
  await holder.end();
});

test('any values survive a line of COPY', () => {
  const rows = [[null, '', 'a', '\\N', '\\', '\n\r\t', '\\n', '\\\\.'], ['\\.'], [null]];
  for (const row of rows) {
    const line = toCopyLine(row);
    expect(line).not.toMatch(/[\n\r]/);
    expect(fromCopyLine(line)).toEqual(row);
  }
  expect(() => fromCopyLine('\\x')).toThrow(RangeError);
});
