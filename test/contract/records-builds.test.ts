import { describe, expect, test } from 'vitest';
import type { BuildState } from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { anArtifact, aRequest, digest, twoBuilds } from '../harness/rows.ts';

const bot = freshRecords();

const handle = { node: 'zen2/node1', directory: '/jobs/1', job: '77:1:b' };
const running: BuildState = { kind: 'running', startedAt: 1, handle };
const tests = { status: 'SUCCESS', passed: 1, failed: 0 } as const;
const ref = { id: 1, name: 'a.tar.zst', sha256: digest('a'), bytes: 1 };
const succeeded: BuildState = {
  kind: 'succeeded',
  startedAt: 1,
  endedAt: 2,
  handle,
  artifacts: [ref],
  tests,
};
const failed: BuildState = {
  kind: 'failed',
  startedAt: null,
  endedAt: 2,
  handle: null,
  failure: plainFailure('configuration', 'conflict', 'It conflicts.'),
};

const placed = (node: string) => ({ pool: 'zen2', node, reason: 'the only node for this target', at: 1 });
const hasNode = (state: BuildState) => 'node' in state || ('handle' in state && state.handle !== null);

describe('builds', () => {
  const make = async () => {
    const { builds } = await bot.records.requests.create(aRequest(), twoBuilds);
    const [first, second] = builds;
    if (!first || !second) throw new Error('no builds');
    return [first, second] as const;
  };

  test('tell how long the newest that succeeded ran, of one target and repository', async () => {
    const [first, second] = await make();
    const minute: BuildState = { ...succeeded, startedAt: 1_000, endedAt: 61_000 };
    await bot.records.builds.move(first.id, 'queued', minute, placed(handle.node));
    await bot.records.builds.move(second.id, 'queued', failed);
    const ran = (build: typeof first) => bot.records.builds.durations(build.target, build.repository, 1);
    expect(await ran(first)).toEqual([60_000]);
    expect(await ran(second)).toEqual([]);
    expect(await bot.records.builds.durations(first.target, 'another', 5)).toEqual([]);
  });

  test.each<BuildState>([
    { kind: 'queued', since: 1 },
    { kind: 'starting', since: 1, node: 'zen2/node1' },
    running,
    { kind: 'cancelling', at: 2, by: 'ann', startedAt: null, node: 'zen2/node1' },
    { kind: 'collecting', startedAt: 1, endedAt: 2, handle, exit: { kind: 'exited', code: 0 } },
    succeeded,
    failed,
    { ...failed, startedAt: 1, handle },
    { kind: 'cancelled', startedAt: 1, at: 2, by: 'ann' },
  ])('take the state $kind', async (state) => {
    const [build] = await make();
    const placement = hasNode(state) ? placed('zen2/node1') : null;
    const moved = { ...build, state, placement };
    expect(await bot.records.builds.move(build.id, 'queued', state, placement)).toEqual(moved);
    expect(await bot.records.builds.get(build.id)).toEqual(moved);
  });

  test.each([
    ['without a kind', {}],
    ['of an unknown kind', { kind: 'lost', since: 1 }],
    ['queued since never', { kind: 'queued' }],
    ['starting on no node', { kind: 'starting', since: 1, node: '' }],
    ['running without a job', { ...running, handle: { ...handle, job: '' } }],
    ['running without a directory', { ...running, handle: { ...handle, directory: null } }],
    ['running without a node', { ...running, handle: { directory: '/d', job: 'j' } }],
    ['running without a start', { kind: 'running', handle }],
    ['collecting without an exit', { kind: 'collecting', startedAt: 1, endedAt: 2, handle }],
    ['succeeded with nothing', { ...succeeded, artifacts: [] }],
    ['succeeded with no list', { ...succeeded, artifacts: null }],
    [
      'succeeded with one that has no digest',
      { ...succeeded, artifacts: [ref, { ...ref, sha256: undefined }] },
    ],
    ['succeeded with half a digest', { ...succeeded, artifacts: [{ ...ref, sha256: 'abc' }] }],
    ['failed without a sentence', { ...failed, failure: { code: 'conflict', sentence: '' } }],
    ['failed without a code', { ...failed, failure: { sentence: 'No.' } }],
    ['failed with half a handle', { ...failed, handle: { node: 'n' } }],
    ['cancelled by nobody', { kind: 'cancelled', startedAt: 1, at: 2 }],
  ])('are never %s', async (_what, state) => {
    const [build] = await make();
    const placement = 'kind' in state && state.kind === 'queued' ? null : placed('zen2/node1');
    const move = bot.records.builds.move(build.id, 'queued', state as BuildState, placement);
    await expect(move).rejects.toThrow(/builds_evidence|null value/);
    expect(await bot.records.builds.get(build.id)).toEqual(build);
  });

  test('are repeated once, however often it is asked for', async () => {
    const [build] = await make();
    await bot.records.builds.move(build.id, 'queued', failed);
    const again = await bot.records.builds.repeat(build, { notBefore: 5, avoid: ['zen2/node-1'] });
    const twice = await bot.records.builds.repeat(build, { notBefore: 9, avoid: [] });
    expect(twice).toEqual(again);
    expect(again).toMatchObject({
      requestId: build.requestId,
      target: build.target,
      state: { kind: 'queued' },
    });
    expect(again.retry).toEqual({ of: build.id, notBefore: 5 });
    expect(again.avoid).toEqual(['zen2/node-1']);
    expect(await bot.records.builds.ofRequest(build.requestId)).toContainEqual(again);
  });

  test('move for one of those who try', async () => {
    const [build] = await make();
    const other = await bot.open();
    const moved = await Promise.all(
      [bot.records, other.records, bot.records].map((each, index) =>
        each.builds.move(
          build.id,
          'queued',
          { kind: 'starting', since: 1, node: `zen2/node${index}` },
          placed(`zen2/node${index}`),
        ),
      ),
    );
    const winners = moved.filter((each) => each !== null);
    expect(winners).toHaveLength(1);
    expect(await bot.records.builds.get(build.id)).toEqual(winners[0]);
    expect(await bot.records.builds.move(0, 'queued', running)).toBeNull();
  });

  test('are found by their state, and by when it changed', async () => {
    const [first, second] = await make();
    await bot.records.builds.move(second.id, 'queued', running, placed('zen2/node1'));
    expect((await bot.records.builds.inState(['queued'])).map(({ id }) => id)).toEqual([first.id]);
    expect(await bot.records.builds.inState(['queued', 'running'])).toHaveLength(2);
    expect(await bot.records.builds.inState([])).toEqual([]);
    expect((await bot.records.builds.movedSince(999)).map(({ id }) => id)).toEqual([first.id, second.id]);
    expect((await bot.records.builds.movedSince(1_000)).map(({ id }) => id)).toEqual([second.id]);
    expect(await bot.records.builds.movedSince(50_000)).toEqual([]);
  });
});

describe('artifacts', () => {
  test('of one name and build are one', async () => {
    const { builds } = await bot.records.requests.create(aRequest(), twoBuilds);
    const [one = 0, two = 0] = builds.map(({ id }) => id);
    const first = await bot.records.artifacts.add(anArtifact(one, 'a.tar.zst'));
    expect(first).toEqual({ ...anArtifact(one, 'a.tar.zst'), id: first.id });
    expect(await bot.records.artifacts.add({ ...anArtifact(one, 'a.tar.zst'), bytes: 9 })).toEqual(first);
    const second = await bot.records.artifacts.add(anArtifact(two, 'a.tar.zst'));
    expect(await bot.records.artifacts.ofBuild(one)).toEqual([first]);
    expect(await bot.records.artifacts.get([second.id, first.id, 99])).toEqual([first, second]);
    expect(await bot.records.artifacts.get([])).toEqual([]);
  });

  test('belong to a build and have a whole digest', async () => {
    await expect(bot.records.artifacts.add(anArtifact(99, 'a'))).rejects.toThrow(/foreign key/);
    const { builds } = await bot.records.requests.create(aRequest(), twoBuilds);
    const artifact = anArtifact(builds[0]?.id ?? 0, 'a');
    await expect(bot.records.artifacts.add({ ...artifact, sha256: 'ABC' })).rejects.toThrow(/check/);
  });
});
