import { describe, expect, test } from 'vitest';
import type { BuildState } from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { aRequest, digest, twoBuilds } from '../harness/rows.ts';

const bot = freshRecords();

const handle = { node: 'zen2/node1', directory: '/jobs/1', job: '77:1:b' };
const running: BuildState = { kind: 'running', startedAt: 1, handle };
const succeeded: BuildState = {
  kind: 'succeeded',
  startedAt: 1,
  endedAt: 2,
  handle,
  artifacts: [{ id: 1, name: 'a.tar.zst', sha256: digest('a'), bytes: 1 }],
  tests: { status: 'SUCCESS', passed: 1, failed: 0 },
};
const failed: BuildState = {
  kind: 'failed',
  startedAt: null,
  endedAt: 2,
  handle: null,
  failure: plainFailure('configuration', 'conflict', 'It conflicts.'),
};
const placed = (node: string) => ({ pool: 'zen2', node, reason: 'the only node for this target', at: 1 });

describe('placing', () => {
  const make = async () => {
    const { builds } = await bot.records.requests.create(aRequest(), twoBuilds);
    const [first, second] = builds;
    if (!first || !second) throw new Error('no builds');
    return [first, second] as const;
  };
  test.each<[string, BuildState, ReturnType<typeof placed> | null]>([
    ['a running one has none', running, null],
    ['its place is another node', running, placed('zen2/node2')],
    ['its place has no reason', running, { ...placed('zen2/node1'), reason: '' }],
  ])('is refused where %s', async (_, state, placement) => {
    const [build] = await make();
    await expect(bot.records.builds.move(build.id, 'queued', state, placement)).rejects.toThrow(
      /builds_plac/,
    );
  });

  test('is refused where a queued build has a place', async () => {
    const place = JSON.stringify(placed('zen2/node1'));
    await make();
    await expect(bot.psql(`UPDATE stratobot.builds SET placement = '${place}'`)).rejects.toThrow(
      /builds_placed/,
    );
  });

  test('sees who waits and who holds a slot, and what ended', async () => {
    const [first, second] = await make();
    await bot.records.builds.move(first.id, 'queued', running, placed('zen2/node1'));
    const now = await bot.records.builds.underWay();
    expect(now.map(({ build, pull }) => [build.id, build.placement?.node, pull])).toEqual([
      [first.id, 'zen2/node1', 'o/r#3'],
      [second.id, undefined, 'o/r#3'],
    ]);
    expect(await bot.records.builds.endedSince(0)).toEqual([]);
    await bot.records.builds.move(first.id, 'running', succeeded);
    await bot.records.builds.move(second.id, 'queued', failed);
    const base = { pull: 'o/r#3', pool: 'zen2', node: 'zen2/node1', target: first.target, since: 1_000 };
    expect(await bot.records.builds.endedSince(0)).toEqual([
      { ...base, placedAt: 1, endedAt: 2, ran: true, failure: null },
    ]);
    expect(await bot.records.builds.endedSince(50_000)).toEqual([]);
    expect(await bot.records.builds.underWay()).toEqual([]);
  });

  test('notes a reason once, and forgets it when the build moves', async () => {
    const [build] = await make();
    expect(await bot.records.builds.waits(build.id, 'queued', 'full')).toBe(true);
    expect(await bot.records.builds.waits(build.id, 'queued', 'full')).toBe(false);
    expect(await bot.records.builds.waits(build.id, 'running', 'no')).toBe(false);
    expect((await bot.records.builds.get(build.id))?.waiting).toBe('full');
    const moved = await bot.records.builds.move(build.id, 'queued', running, placed('zen2/node1'));
    expect(moved?.waiting).toBeNull();
  });

  test('marks what waits; the first mark stays, and goes on to a repetition', async () => {
    const [build, other] = await make();
    const marked = await bot.records.builds.prioritise(build.id, 'max');
    expect(marked?.priority).toMatchObject({ by: 'max' });
    expect(await bot.records.builds.prioritise(build.id, 'ann')).toEqual(marked);
    const moved = await bot.records.builds.move(build.id, 'queued', failed);
    if (!moved) throw new Error('not moved');
    const again = await bot.records.builds.repeat(moved, { notBefore: 0, avoid: [] });
    expect(again.priority).toEqual(marked?.priority);
    await bot.records.builds.move(other.id, 'queued', running, placed('zen2/node1'));
    expect(await bot.records.builds.prioritise(other.id, 'max')).toBeNull();
  });

  test('a build that goes back into the queue avoids the node, and may be on it all the same', async () => {
    const [build, other] = await make();
    const { builds, remains } = bot.records;
    const starting = (node: string): BuildState => ({ kind: 'starting', since: 1, node });
    await builds.move(build.id, 'queued', starting('zen2/node1'), placed('zen2/node1'));
    await builds.move(other.id, 'queued', starting('zen2/node9'), placed('zen2/node9'));
    const back = await builds.move(build.id, 'starting', { kind: 'queued', since: 2 });
    expect(back).toMatchObject({ state: { kind: 'queued' }, placement: null, avoid: ['zen2/node1'] });
    await builds.move(build.id, 'queued', starting('zen2/node2'), placed('zen2/node2'));
    const twice = await builds.move(build.id, 'starting', { kind: 'queued', since: 3 });
    expect(twice?.avoid).toEqual(['zen2/node1', 'zen2/node2']);
    expect(await remains.strays(90_000)).toEqual([]);
    await builds.move(build.id, 'queued', failed);
    const strays = (...nodes: string[]) => nodes.map((node) => ({ buildId: build.id, node }));
    expect(await remains.strays(50_000)).toEqual([]);
    expect(await remains.strays(50_001)).toEqual(strays('zen2/node1', 'zen2/node2'));
    await remains.strayCleared(build.id, 'zen2/node1');
    expect(await remains.strays(50_001)).toEqual(strays('zen2/node2'));
  });
});
