import { expect, test } from 'vitest';
import type { BuildState } from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { aRequest, twoBuilds } from '../harness/rows.ts';

const bot = freshRecords();

const failure = plainFailure('build', 'build-failed', 'the build failed');
const failed: BuildState = { kind: 'failed', startedAt: null, endedAt: 2, handle: null, failure };
const cancelled: BuildState = { kind: 'cancelled', startedAt: null, at: 2, by: 'ann' };
const all = { failed: 1_000_000, others: 1_000_000 };

const placed = (node: string) => ({ pool: 'zen2', node, reason: 'the only node for this target', at: 1 });
let askings = 1;

/** A build that came to a node and ended there at a time; its last state does not say where. */
async function ended(node: string | null, state: BuildState, at: number): Promise<number> {
  const { builds } = await bot.records.requests.create(aRequest({ source: `comment:${askings++}` }), [
    ...twoBuilds.slice(0, 1),
  ]);
  const [build] = builds;
  if (build === undefined) throw new Error('no build');
  if (node !== null)
    await bot.records.builds.move(build.id, 'queued', { kind: 'starting', since: 1, node }, placed(node));
  bot.now = at;
  await bot.records.builds.move(build.id, node === null ? 'queued' : 'starting', state);
  return build.id;
}

test('of each node the directory that is due longest, until the row says it is gone', async () => {
  const { remains } = bot.records;
  const late = await ended('zen2/n1', failed, 3_000);
  const early = await ended('zen2/n1', cancelled, 2_000);
  const other = await ended('zen2/n2', failed, 2_500);
  await ended('zen3/n1', failed, 1_000);
  await ended(null, cancelled, 1_000);
  expect(await remains.directories('zen2', all)).toEqual([
    { buildId: early, node: 'zen2/n1' },
    { buildId: other, node: 'zen2/n2' },
  ]);
  await remains.cleared(early, 5_000);
  await remains.cleared(early, 5_000);
  expect(await remains.directories('zen2', all)).toContainEqual({ buildId: late, node: 'zen2/n1' });
});

test('what failed has a time of its own, and what runs is never due', async () => {
  const { remains, builds, requests } = bot.records;
  const bad = await ended('zen2/n1', failed, 3_000);
  const good = await ended('zen2/n2', cancelled, 3_000);
  const made = await requests.create(aRequest({ source: 'comment:running' }), [...twoBuilds.slice(0, 1)]);
  await builds.move(
    made.builds[0]?.id ?? 0,
    'queued',
    { kind: 'starting', since: 1, node: 'zen2/n3' },
    placed('zen2/n3'),
  );
  const due = async (failedBefore: number, others: number) =>
    (await remains.directories('zen2', { failed: failedBefore, others })).map(({ buildId }) => buildId);
  expect(await due(3_000, 3_000)).toEqual([]);
  expect(await due(3_001, 3_000)).toEqual([bad]);
  expect(await due(3_000, 3_001)).toEqual([good]);
  expect(await due(9_000, 9_000)).toEqual([bad, good]);
});

test('a log is due once its build ended some time ago, until the row says where it is', async () => {
  const { remains } = bot.records;
  const first = await ended('zen2/n1', failed, 2_000);
  const second = await ended('zen2/n1', cancelled, 3_000);
  await ended(null, cancelled, 1_000);
  const due = async (before: number, limit = 9) =>
    (await remains.logs(before, limit)).map(({ buildId }) => buildId);
  expect(await due(2_000)).toEqual([]);
  expect(await due(3_000)).toEqual([first]);
  expect(await due(9_000)).toEqual([first, second]);
  expect(await due(9_000, 1)).toEqual([first]);
  expect(await remains.logKey(first)).toBeNull();
  await remains.logKept(first, 'o/r/3/build-1.log.gz', 4_000);
  await remains.logKept(second, null, 4_000);
  expect(await due(9_000)).toEqual([]);
  expect(await remains.logKey(first)).toBe('o/r/3/build-1.log.gz');
  expect(await remains.logKey(second)).toBeNull();
  expect(await remains.logKey(999)).toBeNull();
});
