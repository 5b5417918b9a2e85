import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { freshRecords } from '../harness/fresh-records.ts';
import { aRequest, digest, twoBuilds } from '../harness/rows.ts';

const bot = freshRecords();

describe('deliveries', () => {
  const delivery = { guid: 'a-1', event: 'issue_comment', payload: { body: 'bot: help' }, receivedAt: 5 };

  test('are recorded once', async () => {
    expect(await bot.records.deliveries.record(delivery)).toBe('new');
    expect(await bot.records.deliveries.record({ ...delivery, payload: 'other' })).toBe('known');
    expect(await bot.records.deliveries.get('a-1')).toEqual({ ...delivery, state: 'received', attempts: 0 });
    expect(await bot.records.deliveries.get('a-2')).toBeNull();
  });

  test('are recorded many at a time, each once', async () => {
    const { deliveries } = bot.records;
    const one = (guid: string, said = guid) => ({
      ...{ guid, event: 'issue_comment', receivedAt: 5 },
      body: `{ "body": ${JSON.stringify(said)} }`,
    });
    expect(await deliveries.recordAll([])).toEqual(new Set());
    await deliveries.record({ ...delivery, guid: 'b' });
    const all = [one('c'), one('a'), one('b'), one('a', 'the second is not kept')];
    expect(await deliveries.recordAll(all)).toEqual(new Set(['a', 'c']));
    expect(await deliveries.recordAll(all)).toEqual(new Set());
    expect((await deliveries.get('a'))?.payload).toEqual({ body: 'a' });
    expect((await deliveries.get('b'))?.payload).toEqual(delivery.payload);
    const refused = deliveries.recordAll([one('d'), { ...one(''), guid: '' }]);
    await expect(refused, 'all or none').rejects.toThrow('guid');
    expect(await deliveries.get('d')).toBeNull();
  });

  test('that two bots are told at once, in another order, keep neither from the other', async () => {
    const { records: other } = await bot.open();
    const told = ['a', 'm', 'z'].map((guid) => ({
      ...{ guid, event: 'issue_comment', body: '{}', receivedAt: 5 },
    }));
    const holder = new pg.Client(bot.database.databaseUrl);
    await holder.connect();
    await holder.query(`BEGIN; INSERT INTO stratobot.deliveries VALUES ('m', 'x', '{}', 1)`);
    const both = Promise.all([
      bot.records.deliveries.recordAll(told),
      other.deliveries.recordAll(told.toReversed()),
    ]);
    const waiting = async () =>
      (
        await holder.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database()`)
      ).rowCount;
    await expect.poll(waiting).toBe(2);
    await holder.query('ROLLBACK');
    await holder.end();
    const fresh = (await both).flatMap((guids) => [...guids]);
    expect(fresh.sort()).toEqual(['a', 'm', 'z']);
  });

  test('keep a payload to the last code unit', async () => {
    const payload = {
      body: 'NUL \0, a lone \ud800 surrogate, \u2028 and \\u0000',
      deep: [{ '\0': [null, 1.5] }],
    };
    await bot.records.deliveries.record({ ...delivery, payload });
    expect((await bot.records.deliveries.get('a-1'))?.payload).toEqual(payload);
  });

  test('are begun until they are finished, and each attempt is counted', async () => {
    await bot.records.deliveries.record(delivery);
    expect(await bot.records.deliveries.begin('a-1')).toMatchObject({ attempts: 1 });
    expect(await bot.records.deliveries.begin('a-1')).toMatchObject({ attempts: 2 });
    await bot.records.deliveries.finish('a-1', 'done', 'nothing to do');
    expect(await bot.records.deliveries.begin('a-1')).toBeNull();
    await bot.records.deliveries.finish('a-1', 'failed', 'too late');
    expect(await bot.records.deliveries.get('a-1')).toMatchObject({ state: 'done', attempts: 2 });
    expect(await bot.records.deliveries.begin('a-2')).toBeNull();
  });

  test('are known by their GUIDs', async () => {
    await bot.records.deliveries.record(delivery);
    expect(await bot.records.deliveries.known(['a-1', 'a-2'])).toEqual(new Set(['a-1']));
    expect(await bot.records.deliveries.known([])).toEqual(new Set());
  });

  test("GitHub's log of them was read so far", async () => {
    expect(await bot.records.deliveries.logReadTo()).toBeNull();
    await bot.records.deliveries.readLogTo(7);
    await bot.records.deliveries.readLogTo(9);
    expect(await bot.records.deliveries.logReadTo()).toBe(9);
  });

  test('that are done are forgotten: first what they said, much later that they came', async () => {
    const { deliveries } = bot.records;
    for (const [guid, receivedAt] of Object.entries({
      ancient: 10,
      old: 20,
      failed: 20,
      waits: 20,
      young: 40,
    }))
      await deliveries.record({ ...delivery, guid, receivedAt });
    for (const guid of ['ancient', 'old', 'young']) await deliveries.finish(guid, 'done', 'x');
    await deliveries.finish('failed', 'failed', 'why');
    expect(await deliveries.forget({ payloadsBefore: 30, guidsBefore: 15 }, 2)).toBeGreaterThan(0);
    while ((await deliveries.forget({ payloadsBefore: 30, guidsBefore: 15 }, 2)) > 0);
    expect(await deliveries.get('ancient')).toBeNull();
    for (const guid of ['old', 'failed']) {
      expect(await deliveries.get(guid)).toMatchObject({ payload: null, receivedAt: 20 });
      expect(await deliveries.record({ ...delivery, guid, receivedAt: 50 })).toBe('known');
    }
    for (const guid of ['waits', 'young'])
      expect(await deliveries.get(guid)).toMatchObject({ payload: delivery.payload });
  });

  test('that nobody finished are found, oldest first', async () => {
    for (const [guid, receivedAt] of Object.entries({ young: 30, old: 10, done: 11, middle: 20 })) {
      await bot.records.deliveries.record({ ...delivery, guid, receivedAt });
    }
    await bot.records.deliveries.finish('done', 'done', '');
    expect(await bot.records.deliveries.unfinished(30)).toEqual(['old', 'middle']);
  });
});

test('the first word on a head counts', async () => {
  const head = { repo: 'o/r', number: 1, sha: 'abc' };
  expect(await bot.records.heads.movedAt('o/r', 1, 'abc')).toBeUndefined();
  await bot.records.heads.saw({ ...head, movedAt: 7, at: 7 });
  await bot.records.heads.saw({ ...head, movedAt: null, at: 9 });
  expect(await bot.records.heads.movedAt('o/r', 1, 'abc')).toBe(7);
  await bot.records.heads.saw({ ...head, sha: 'def', movedAt: null, at: 8 });
  expect(await bot.records.heads.movedAt('o/r', 1, 'def')).toBeNull();
});

test('the newest head is the one that was last said to be', async () => {
  const head = { repo: 'o/r', number: 2, movedAt: null };
  expect(await bot.records.heads.newest('o/r', 2)).toBeNull();
  await bot.records.heads.saw({ ...head, sha: 'first', at: 1 });
  await bot.records.heads.saw({ ...head, sha: 'second', at: 5 });
  await bot.records.heads.saw({ ...head, sha: 'late news of an early one', at: 3 });
  expect(await bot.records.heads.newest('o/r', 2)).toBe('second');
  await bot.records.heads.saw({ ...head, sha: 'first', at: 7 });
  await bot.records.heads.saw({ ...head, sha: 'first', at: 2 });
  await bot.records.heads.saw({ ...head, sha: 'second', at: 5 });
  expect(await bot.records.heads.newest('o/r', 2)).toBe('first');
  await bot.records.heads.saw({ ...head, sha: 'in the same second', at: 7 });
  expect(await bot.records.heads.newest('o/r', 2)).toBe('in the same second');
});

describe('requests', () => {
  test('are made with their builds, queued', async () => {
    const { request, builds, created } = await bot.records.requests.create(aRequest(), twoBuilds);
    expect(created).toBe(true);
    expect(request).toEqual({ ...aRequest(), id: request.id });
    expect(builds).toEqual(
      twoBuilds.map((build, index) => ({
        ...build,
        id: builds[index]?.id,
        requestId: request.id,
        state: { kind: 'queued', since: 1_000 },
        placement: null,
        waiting: null,
        retry: null,
        priority: null,
        avoid: [],
        createdAt: 1_000,
      })),
    );
    expect(await bot.records.requests.get(request.id)).toEqual(request);
    expect(await bot.records.requests.get(request.id + 1)).toBeNull();
    expect(await bot.records.builds.ofRequest(request.id)).toEqual(builds);
  });

  test('of one source are one, however many arrive together', async () => {
    const other = await bot.open();
    const made = await Promise.all(
      [bot.records, other.records, bot.records, other.records].map((each) =>
        each.requests.create(aRequest(), twoBuilds),
      ),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(made.map(({ request }) => request.id)).size).toBe(1);
    expect(new Set(made.map(({ builds }) => builds.map(({ id }) => id).join())).size).toBe(1);
  });

  test('leave nothing behind when a build is impossible', async () => {
    const [good] = twoBuilds;
    if (!good) throw new Error('no build');
    await expect(bot.records.requests.create(aRequest(), [good, { ...good, pools: [] }])).rejects.toThrow(
      /check/,
    );
    expect(await bot.records.requests.ofPullRequest('o/r', 3)).toEqual([]);
  });

  test('of a pull request come newest first', async () => {
    for (const source of ['comment:1', 'comment:2'])
      await bot.records.requests.create(aRequest({ source }), []);
    await bot.records.requests.create(aRequest({ source: 'comment:3', pullRequest: 4 }), []);
    const found = await bot.records.requests.ofPullRequest('o/r', 3);
    expect(found.map(({ source }) => source)).toEqual(['comment:2', 'comment:1']);
  });

  test('take any text people write', async () => {
    const { request } = await bot.records.requests.create(
      aRequest({ title: "'; DROP TABLE builds; -- \0 \ud800", commands: ['a\0b'] }),
      [],
    );
    expect(request.title).toBe("'; DROP TABLE builds; -- \uFFFD \uFFFD");
    expect(request.commands).toEqual(['a\uFFFDb']);
  });
});

describe('postings', () => {
  const reply = { key: 'reply:1', repo: 'o/r', number: 3, body: 'Hello' };
  const blank = { remoteId: null, attemptedAt: null, writtenHash: null, writtenAt: null };

  test('are made once, attempted and written', async () => {
    expect(await bot.records.postings.ensure(reply)).toEqual({ ...reply, ...blank });
    await bot.records.postings.attempt('reply:1', 5);
    await bot.records.postings.written('reply:1', 77, digest('Hello'), 6);
    const written = {
      ...reply,
      remoteId: 77,
      attemptedAt: 5,
      writtenHash: digest('Hello'),
      writtenAt: 6,
    };
    expect(await bot.records.postings.ensure({ ...reply, body: 'Other' })).toEqual(written);
    expect(await bot.records.postings.get('reply:1')).toEqual(written);
    expect(await bot.records.postings.get('reply:2')).toBeNull();
  });

  test('with a body that were never written are found, oldest first', async () => {
    for (const key of ['z', 'a', 'written']) await bot.records.postings.ensure({ ...reply, key });
    await bot.records.postings.ensure({ ...reply, key: 'rendered', body: null });
    await bot.records.postings.written('written', 1, digest('x'), 1);
    expect((await bot.records.postings.unwritten()).map(({ key }) => key)).toEqual(['z', 'a']);
  });

  test('that do not exist are not written, nor with half a hash', async () => {
    await expect(bot.records.postings.written('none', 1, digest('x'), 1)).rejects.toThrow('no posting none');
    await bot.records.postings.ensure(reply);
    await expect(bot.records.postings.written('reply:1', 1, 'abc', 1)).rejects.toThrow(/check/);
    await expect(
      bot.psql("UPDATE stratobot.postings SET written_hash = repeat('a', 64), written_at = 1"),
    ).rejects.toThrow(/postings_written/);
  });
});

test('the audit log grows, and nothing else', async () => {
  const line = { at: 1, actor: 'bob', action: 'approve', evidence: { reviewId: 5, note: 'NUL \0' } };
  await bot.records.audit.append({ ...line, subject: 'deploy:1' });
  await bot.records.audit.append({ ...line, at: 2, subject: 'deploy:1', evidence: {} });
  await bot.records.audit.append({ ...line, subject: 'deploy:2' });
  expect(await bot.records.audit.list('deploy:1')).toEqual([
    { ...line, evidence: { reviewId: 5, note: 'NUL \uFFFD' } },
    { ...line, at: 2, evidence: {} },
  ]);
  await expect(bot.psql("UPDATE stratobot.audit SET actor = 'ann'")).rejects.toThrow('append-only');
  await expect(bot.psql('DELETE FROM stratobot.audit')).rejects.toThrow('append-only');
  await expect(bot.psql('TRUNCATE stratobot.audit')).rejects.toThrow('append-only');
});
