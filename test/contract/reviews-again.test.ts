/** A review comes by its webhook, and again when it is found on the deploy PR: what was said of it first stands. */
import { expect, test } from 'vitest';
import type { DeployState } from '../../src/domain/deploy.ts';
import type { ReviewEvent } from '../../src/domain/events.ts';
import { reviewDeploy } from '../../src/workflow/review-deploy.ts';
import { RightsMemory } from '../../src/workflow/rights-memory.ts';
import type { World } from '../../src/workflow/world.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';
import { aDeploy } from '../harness/rows.ts';

const bot = freshRecords();
const COMMIT = 'c'.repeat(40);
const OPEN: DeployState = { kind: 'open', since: 1_000, pullRequest: 7, commit: COMMIT };
const ENDED: DeployState = { kind: 'rejected', at: 2_000, pullRequest: 7, by: 'max', reason: 'closed' };

/** A deploy that takes two approvals of ana, max or eve, and a GitHub that lists the reviews it was told of. */
async function stage() {
  const { deploy } = await bot.records.deploys.create(aDeploy());
  await bot.records.deploys.move(deploy.id, 'preparing', OPEN);
  const reviews: object[] = [];
  const team = new Set(['ana', 'max']);
  const everybody = {
    everyone: false,
    logins: [],
    teams: ['o/ingest'],
    role: null,
    denied: [],
    repositories: null,
  };
  const world = {
    records: bot.records,
    clock: { now: () => 5_000 },
    log: silent,
    queue: { add: async () => undefined },
    rights: new RightsMemory(),
    served: new Map([
      ['o/r', { approvals: 2, permissions: { denied: [], rules: { approve: [everybody] } } }],
    ]),
    github: {
      pullRequest: async () => ({ headSha: COMMIT }),
      reviews: async () => reviews,
      isTeamMember: async (_team: string, login: string) => team.has(login),
    },
  } as unknown as World;
  return {
    team,
    ends: () => bot.records.deploys.move(deploy.id, 'open', ENDED),
    review(login: string, reviewId: number) {
      const reviewer = { login, isBot: false };
      reviews.push({ id: reviewId, reviewer, state: 'approved', commit: COMMIT });
      const event: ReviewEvent = {
        ...{
          kind: 'review',
          repo: 'o/staging',
          number: 7,
          reviewId,
          reviewer,
          state: 'approved',
          commit: COMMIT,
        },
      };
      return () => reviewDeploy(world, event);
    },
    audited: async () => (await bot.records.audit.list(`deploy:${deploy.id}`)).map(({ action }) => action),
    said: async (id: number) =>
      (await bot.records.postings.get(`deploy-pr:${deploy.id}:review:${id}`))?.body ?? null,
  };
}

test('one that counted is not refused because its deploy has ended since', async () => {
  const { review, ends, audited } = await stage();
  const comes = review('ana', 1);
  expect(await comes()).toBe('approval 1 of 2');
  expect(await comes()).toBe('approval 1 of 2');
  await ends();
  expect(await comes()).toBe('counted before');
  expect(await audited()).toEqual(['approval-counted']);
});

test('one that was refused does not count later; a new one does', async () => {
  const { review, team, audited, said } = await stage();
  const comes = review('eve', 2);
  expect(await comes()).toBe('refused: not-allowed');
  team.add('eve');
  expect(await comes()).toBe('refused before');
  expect(await said(2)).toContain('eve is not among those who approve here');
  expect(await review('eve', 3)()).toBe('approval 1 of 2');
  expect(await audited()).toEqual(['approval-refused', 'approval-counted']);
});

test('a crash right after the row loses neither the answer nor the audit', async () => {
  const { review, audited, said } = await stage();
  const comes = review('eve', 4);
  const { append } = bot.records.audit;
  bot.records.audit.append = () => Promise.reject(new Error('killed'));
  await expect(comes()).rejects.toThrow('killed');
  bot.records.audit.append = append;
  expect(await comes()).toBe('refused before');
  expect(await audited()).toEqual(['approval-refused']);
  expect(await said(4)).toContain('does not count');
});
