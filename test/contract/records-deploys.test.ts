import { describe, expect, test } from 'vitest';
import type { Approval, Deploy, DeployState } from '../../src/domain/deploy.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { aDeploy, digest } from '../harness/rows.ts';

const bot = freshRecords();

const approval: Approval = { reviewer: 'bob', reviewId: 5, commit: 'c1', digest: digest('deploy') };
const openState: DeployState = { kind: 'open', since: 1, pullRequest: 9, commit: 'c1' };
const stopped: DeployState = { kind: 'failed', at: 2, pullRequest: null, reason: 'No.', incident: [] };
const approved: DeployState = {
  kind: 'approved',
  at: 2,
  pullRequest: 9,
  commit: 'c1',
  approvals: [approval],
};

describe('deploys', () => {
  const make = async (): Promise<Deploy> => (await bot.records.deploys.create(aDeploy())).deploy;

  test('are one for one asking, whatever became of it', async () => {
    const asked = aDeploy({ source: 'comment:77' });
    const { deploy } = await bot.records.deploys.create(asked);
    const end = { kind: 'failed', at: 2_000, pullRequest: null, reason: 'no branch', incident: [] } as const;
    await bot.records.deploys.move(deploy.id, 'preparing', { ...end, incident: [] });
    const again = await bot.records.deploys.create({ ...asked, digest: digest('built since') });
    expect(again).toMatchObject({ created: false, deploy: { id: deploy.id, state: { kind: 'failed' } } });
  });

  test('of one digest are one while one is open', async () => {
    const other = await bot.open();
    const made = await Promise.all(
      [bot.records, other.records, bot.records].map((each) => each.deploys.create(aDeploy())),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    const id = made[0]?.deploy.id ?? 0;
    expect(new Set(made.map(({ deploy }) => deploy.id))).toEqual(new Set([id]));
    await bot.records.deploys.move(id, 'preparing', stopped);
    expect(await bot.records.deploys.create(aDeploy())).toMatchObject({ created: true });
  });

  test('are found by the pull request that shows them, by their own, by state and by change', async () => {
    const deploy = await make();
    expect(deploy).toEqual({
      ...aDeploy({ source: deploy.source }),
      differences: null,
      id: deploy.id,
      state: { kind: 'preparing', since: 1_000 },
    });
    expect(await bot.records.deploys.byPullRequest('o/staging', 9)).toBeNull();
    const shown = await bot.records.deploys.move(deploy.id, 'preparing', openState);
    expect(shown).toEqual({ ...deploy, state: openState });
    expect(await bot.records.deploys.byPullRequest('o/staging', 9)).toEqual(shown);
    expect(await bot.records.deploys.byPullRequest('o/other', 9)).toBeNull();
    expect(await bot.records.deploys.ofPullRequest('o/r', 3)).toEqual([shown]);
    expect(await bot.records.deploys.inState(['open'])).toEqual([shown]);
    expect(await bot.records.deploys.inState(['preparing'])).toEqual([]);
    expect(await bot.records.deploys.movedSince(49_999)).toEqual([shown]);
    expect(await bot.records.deploys.movedSince(50_000)).toEqual([]);
    const differences = {
      ...{ added: 1, identical: 2, layers: [], clashes: [] },
      replaced: { count: 1, first: ['a\u0007'] },
    };
    await bot.records.deploys.compared(deploy.id, differences);
    expect(await bot.records.deploys.get(deploy.id)).toEqual({ ...shown, differences });
  });

  test.each<DeployState>([
    openState,
    approved,
    { ...approved, kind: 'ingesting', since: 3 },
    { ...approved, kind: 'published', revision: 12, files: 3, path: '/versions/2023.06' },
    { kind: 'rejected', at: 2, pullRequest: 9, by: 'bob', reason: 'No.' },
    { kind: 'superseded', at: 2, pullRequest: null, by: 4 },
    stopped,
  ])('take the state $kind', async (state) => {
    const deploy = await make();
    expect(await bot.records.deploys.move(deploy.id, 'preparing', state)).toEqual({ ...deploy, state });
  });

  test.each([
    ['open without a pull request', { kind: 'open', since: 1, commit: 'c1' }],
    ['approved without an approval', { kind: 'approved', at: 2, pullRequest: 9, commit: 'c1' }],
    ['approved by an empty list', { ...approved, approvals: [] }],
    ['approved by a list of nothing', { ...approved, approvals: [{}] }],
    ['approved by nobody', { ...approved, approvals: [{ ...approval, reviewer: '' }] }],
    ['approved for another commit', { ...approved, approvals: [{ ...approval, commit: 'c2' }] }],
    ['approved for other bytes', { ...approved, approvals: [{ ...approval, digest: digest('other') }] }],
    ['published without a revision', { ...approved, kind: 'published', files: 3, path: '/' }],
    ['rejected without a reason', { kind: 'rejected', at: 2, pullRequest: 9, by: 'bob', reason: '' }],
    ['failed without a reason', { ...stopped, reason: '' }],
    ['failed without saying whether that is an incident', { ...stopped, incident: undefined }],
  ])('are never %s', async (_what, state) => {
    const deploy = await make();
    const move = bot.records.deploys.move(deploy.id, 'preparing', state as DeployState);
    await expect(move).rejects.toThrow(/deploys_evidence|deploys_approval_names_bytes/);
  });

  test('hold artifacts with digests', async () => {
    await expect(bot.records.deploys.create(aDeploy({ artifacts: [] }))).rejects.toThrow(/deploys_artifacts/);
    const [item] = aDeploy().artifacts;
    if (!item) throw new Error('no item');
    const bad = aDeploy({ artifacts: [item, { ...item, sha256: '' }] });
    await expect(bot.records.deploys.create(bad)).rejects.toThrow(/deploys_artifacts/);
    await expect(bot.records.deploys.create(aDeploy({ digest: 'abc' }))).rejects.toThrow(/check/);
  });

  test('move for one of those who try', async () => {
    const { id } = await make();
    const moves = await Promise.all(
      [1, 2, 3].map(() => bot.records.deploys.move(id, 'preparing', openState)),
    );
    expect(moves.filter((each) => each !== null)).toHaveLength(1);
  });

  test('keep every judged review once', async () => {
    const { id } = await make();
    const review = {
      reviewId: 5,
      reviewer: 'bob',
      commit: 'c1',
      accepted: false,
      reason: 'not in the team',
      at: 2,
    };
    await bot.records.deploys.recordReview(id, review);
    await bot.records.deploys.recordReview(id, { ...review, accepted: true, reason: 'changed my mind' });
    await bot.records.deploys.recordReview(id, { ...review, reviewId: 4, accepted: true, reason: '', at: 3 });
    expect(await bot.records.deploys.reviews(id)).toEqual([
      { reviewId: 5, reviewer: 'bob', accepted: false, reason: 'not in the team' },
      { reviewId: 4, reviewer: 'bob', accepted: true, reason: '' },
    ]);
  });
});
