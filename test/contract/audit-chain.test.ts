import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type ChainVerdict, verifyChain } from '../../src/store/audit-chain.ts';
import { lookAt } from '../../src/store/existing.ts';
import { freshRecords } from '../harness/fresh-records.ts';

const bot = freshRecords();

const line = { at: 1_000, actor: 'ana', action: 'approve', subject: 'deploy:1', evidence: { review: 5 } };
const verify = (holds: string | null = null) =>
  lookAt(bot.database.databaseUrl, (db) => verifyChain(db, holds));

/** Somebody who may do anything in the database, and hides it as well as he can. */
const tamper = (statement: string) =>
  bot.psql(`ALTER TABLE stratobot.audit DISABLE TRIGGER ALL; ${statement};
    ALTER TABLE stratobot.audit ENABLE TRIGGER ALL`);

async function lines(count: number): Promise<void> {
  for (let at = 1; at <= count; at += 1) await bot.records.audit.append({ ...line, at });
}

function newestOf(verdict: ChainVerdict): string {
  if (verdict.kind !== 'whole' || verdict.newest === null) throw new Error('there is no newest line');
  return verdict.newest.hash;
}

describe('a log that nobody touched is whole', () => {
  test('when it is empty', async () => {
    expect(await verify()).toEqual({ kind: 'whole', lines: 0, newest: null });
  });

  test('whatever people write', async () => {
    const odd = ['', ' ', '\0', '\ud800', '1:a,', 'ä\u0300', '😀', '"\\\n\t\u0001\u007f'];
    for (const text of odd)
      await bot.records.audit.append({
        ...line,
        actor: text,
        evidence: { [text]: [text, 1.5, 1e21, null, {}] },
      });
    await bot.psql(`INSERT INTO stratobot.audit (at, actor, action, subject, evidence)
      VALUES (-1, 'a', 'b', 'c', '{"b": 1.0, "aa": 1.10e2, "b": 2, "z": [ ]}')`);
    expect(await verify()).toMatchObject({ kind: 'whole', lines: odd.length + 1 });
  });

  test('when many append at once, from several bots: the chain does not fork', async () => {
    const bots = [bot.records, (await bot.open()).records, (await bot.open()).records];
    await Promise.all(
      Array.from({ length: 60 }, (_, at) => bots[at % bots.length]?.audit.append({ ...line, at })),
    );
    expect(await verify()).toMatchObject({ kind: 'whole', lines: 60, newest: { line: 60 } });
  });

  test('when an append was rolled back, and when one waits for another', async () => {
    await lines(1);
    await bot.psql(`BEGIN; INSERT INTO stratobot.audit (at, actor, action, subject, evidence)
      VALUES (1, 'a', 'b', 'c', '{}'); ROLLBACK`);
    const slow = new pg.Client(bot.database.databaseUrl);
    await slow.connect();
    await slow.query(`BEGIN ISOLATION LEVEL READ COMMITTED; INSERT INTO stratobot.audit
      (at, actor, action, subject, evidence) VALUES (2, 'a', 'b', 'c', '{}')`);
    const waits = bot.records.audit.append({ ...line, at: 3 });
    await slow.query('COMMIT').finally(() => slow.end());
    await waits;
    expect(await verify()).toMatchObject({ kind: 'whole', lines: 3, newest: { line: 3, at: 3 } });
  });

  test('over more lines than are read at once', async () => {
    await bot.psql(`INSERT INTO stratobot.audit (at, actor, action, subject, evidence)
      SELECT at, 'a', 'b', 'c', '{}' FROM generate_series(1, 2500) AS at`);
    expect(await verify()).toMatchObject({ kind: 'whole', lines: 2_500 });
  });
});

describe('what somebody with all rights did shows', () => {
  test.each([
    [
      'evidence that was changed',
      `UPDATE stratobot.audit SET evidence = '{"review": 6}' WHERE id = 2`,
      2,
      'changed',
    ],
    ['a person who was changed', `UPDATE stratobot.audit SET actor = 'eve' WHERE id = 4`, 4, 'changed'],
    ['a time that was changed', 'UPDATE stratobot.audit SET at = 1 WHERE id = 3', 3, 'changed'],
    ['a line that was removed', 'DELETE FROM stratobot.audit WHERE id = 3', 4, 'not-after-the-line-before'],
    [
      'the first line that was removed',
      'DELETE FROM stratobot.audit WHERE id = 1',
      2,
      'not-after-the-line-before',
    ],
    [
      'two lines that changed places',
      'UPDATE stratobot.audit SET id = -id WHERE id IN (2, 3)',
      -3,
      'changed',
    ],
    [
      'a change with a hash that fits it',
      `UPDATE stratobot.audit SET actor = 'eve' WHERE id = 2;
       UPDATE stratobot.audit a SET hash = stratobot.audit_hash(a) WHERE id = 2`,
      3,
      'not-after-the-line-before',
    ],
    [
      'a line that was inserted',
      `UPDATE stratobot.audit SET id = 5 WHERE id = 4; UPDATE stratobot.audit SET id = 4 WHERE id = 3;
       INSERT INTO stratobot.audit SELECT 3, at, actor, action, subject, evidence, 'x', 'y' FROM stratobot.audit WHERE id = 2;
       UPDATE stratobot.audit a SET hash = stratobot.audit_hash(a) WHERE id = 3`,
      3,
      'not-after-the-line-before',
    ],
  ])('%s', async (_, statement, where, why) => {
    await lines(4);
    await tamper(statement);
    expect(await verify()).toMatchObject({ kind: 'broken', line: where, why });
  });

  test('lines cut off the end, and a log written anew, only to whoever kept a hash', async () => {
    await lines(4);
    const kept = newestOf(await verify());
    expect(await verify(kept)).toMatchObject({ kind: 'whole' });
    await lines(1);
    expect(await verify(kept)).toMatchObject({ kind: 'whole', lines: 5 });
    await tamper('DELETE FROM stratobot.audit WHERE id >= 4');
    expect(await verify()).toMatchObject({ kind: 'whole', lines: 3 });
    expect(await verify(kept)).toMatchObject({ kind: 'cut', lines: 3 });
    await lines(2);
    expect(await verify()).toMatchObject({ kind: 'whole', lines: 5 });
    expect(await verify(kept)).toMatchObject({ kind: 'cut', lines: 5 });
  });
});

test('a chain cannot fork even where nobody waits for the lock', async () => {
  await lines(2);
  await expect(
    tamper(`INSERT INTO stratobot.audit SELECT 9, at, actor, action, subject, evidence, prev_hash, 'other'
      FROM stratobot.audit WHERE id = 2`),
  ).rejects.toThrow('audit_does_not_fork');
});
