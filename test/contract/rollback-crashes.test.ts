/** From confirmed to taken back, with the bot's rows and CernVM-FS: it dies between any two things it does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Deploy } from '../../src/domain/deploy.ts';
import type { Rule } from '../../src/domain/permission.ts';
import type { Job } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { runRollback } from '../../src/workflow/run-rollback.ts';
import type { World } from '../../src/workflow/world.ts';
import {
  type CvmfsBench,
  changesServer,
  cvmfsBench,
  cvmfsDeploy,
  software,
} from '../harness/cvmfs-server/bench.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';
import { type Life, lifeUntil } from '../harness/mortal.ts';
import { aDeploy } from '../harness/rows.ts';
import { sha256 } from '../harness/tarballs.ts';

const bot = freshRecords();
let bench: CvmfsBench;
let round = 0;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

const healthy = 'software.eessi.io (stratum0 / local)\n';

/** A deploy that is published as revision 3, and two people who want revision 1 back. */
async function confirmed(): Promise<Deploy> {
  const digest = sha256(`round ${++round}`);
  const { deploy } = await bot.records.deploys.create(aDeploy({ digest }));
  const { deploys, rollbacks } = bot.records;
  const [pullRequest, commit] = [9, 'c1'];
  const approvals = [{ reviewer: 'bob', reviewId: 5, commit, digest }];
  await deploys.move(deploy.id, 'preparing', { kind: 'open', since: 1, pullRequest, commit });
  await deploys.move(deploy.id, 'open', { kind: 'approved', at: 2, pullRequest, commit, approvals });
  await deploys.move(deploy.id, 'approved', { kind: 'ingesting', since: 3, pullRequest, commit, approvals });
  const files = cvmfsDeploy(bench.cvmfs, deploy.id, software('x86_64/amd/zen2', 'GROMACS'));
  const publication = await bench.publisher().publish(files);
  const state = { kind: 'published', at: 4, pullRequest, commit, approvals, ...publication } as const;
  const row = await deploys.move(deploy.id, 'ingesting', state);
  const repository = bench.cvmfs.name;
  const { rollback } = await rollbacks.ask({
    ...{ deployId: deploy.id, repository, from: 3, to: 1 },
    ...{ requestedBy: 'ann', source: `comment:rollback-${round}`, askedAt: 5 },
  });
  const confirmation = { by: 'bob', source: `comment:confirm-${round}`, at: 6 };
  await rollbacks.move(rollback.id, 'asked', { kind: 'confirmed', confirmation });
  if (row === null) throw new Error('there is no deploy');
  return row;
}

/** What changes something outside of the bot's memory; after a look nothing is another than before it. */
const effects = (path: string, args: unknown[]): boolean =>
  path === 'transport.exec'
    ? changesServer(args[0] as string[])
    : /\.(locked|move|append|ensure|add|rollback)$/.test(path);

/** Everything `runRollback` needs of the world, as one life of the bot sees it. */
function world(life: Life, jobs: Job[]): World {
  const everyone: Rule = {
    ...{ everyone: true, logins: [], teams: [], role: null, denied: [], repositories: null },
  };
  const ports = { records: bot.records, queue: { add: async (job: Job) => void jobs.push(job) } };
  const mortal = Object.entries(ports).map(([key, port]) => [key, life.mortal(port, key, effects)]);
  const publisher = bench.publisher({ transport: life.mortal(localTransport(), 'transport', effects) });
  const permissions = { denied: [], rules: { approve: [everyone], deploy: [everyone] } };
  return {
    ...Object.fromEntries(mortal),
    clock: { now: () => bot.now },
    log: silent,
    rights: { knows: () => false, remember: () => undefined },
    publishers: new Map([[bench.cvmfs.name, life.mortal(publisher, 'publisher', effects)]]),
    catalogue: { instance: 'demo-bot', repositories: [] },
    served: new Map([['o/r', { approvals: 1, permissions, deployedLabel: null }]]),
  } as unknown as World; // the rest of it has nothing to do with going back
}

/** One life until its end, then others, as the reconciler would start them. */
async function livesOf(deploy: Deploy, last: number): Promise<{ first: Life; jobs: Job[] }> {
  const first = lifeUntil(last);
  const ended = await runRollback(world(first, []), deploy.id).catch((error: unknown) => error);
  if (!first.died()) expect(ended).toBeUndefined();
  const jobs: Job[] = [];
  for (let times = 0; times < 2; times++)
    await runRollback(world(lifeUntil(Number.POSITIVE_INFINITY), jobs), deploy.id);
  return { first, jobs };
}

/** Dies after each step in turn, and each time looks at the world when all has come to rest. */
async function everywhere(
  fault: () => Promise<unknown>,
  audit: (deploy: Deploy, jobs: Job[]) => Promise<void>,
): Promise<{ steps: number; seen: Set<string> }> {
  const seen = new Set<string>();
  for (let last = 0; ; last++) {
    const deploy = await confirmed();
    await fault();
    const { first, jobs } = await livesOf(deploy, last);
    for (const step of first.steps) seen.add(step);
    try {
      await audit(deploy, jobs);
    } catch (error) {
      throw new Error(`it died after ${last}: ${first.steps[last]}`, { cause: error });
    }
    if (!first.died()) return { steps: first.steps.length, seen };
    await bench.close();
    bench = await cvmfsBench();
  }
}

const postings = async ({ id }: Deploy, rollback: number) => {
  const keys = ['rolled-back', `rollback:${rollback}:failed`].flatMap((moment) => [
    `deploy:${id}:${moment}`,
    `deploy-pr:${id}:${moment}`,
  ]);
  const found = await Promise.all(keys.map((key) => bot.records.postings.get(key)));
  return found.flatMap((posting) => posting?.key.replace(/\d+/g, 'N') ?? []);
};

const decisions = async ({ id }: Deploy) =>
  (await bot.records.audit.list(`deploy:${id}`)).map(({ action }) => action);

describe('a bot that dies after any of its steps', () => {
  test('takes the deploy back, once', { timeout: 200_000 }, async () => {
    const { steps, seen } = await everywhere(
      async () => undefined,
      async (deploy, jobs) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'rolled-back', from: 3, to: 1, revision: 4 });
        const [rollback] = await bot.records.rollbacks.ofDeploy(deploy.id);
        expect(rollback?.state).toMatchObject({ kind: 'done', revision: 4 });
        expect(bench.cvmfs.state()).toMatchObject({ revision: 4, corrupt: false });
        expect(bench.cvmfs.state().tags.map(({ name }) => name)).not.toContain(`stratobot-${deploy.id}`);
        expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
        expect((await bench.cvmfs.run(['list'])).stdout).toBe(healthy);
        // Only the note of what was taken back stays.
        expect(readdirSync(join(bench.stateDir, bench.cvmfs.name))).toEqual([`taken-back-${deploy.id}`]);
        expect(await postings(deploy, rollback?.id ?? 0)).toEqual([
          'deploy:N:rolled-back',
          'deploy-pr:N:rolled-back',
        ]);
        const said = new Set(await decisions(deploy));
        expect([...said]).toEqual(['rolling-back', 'rolled-back']);
        expect(jobs).toContainEqual({ kind: 'watch', deployId: deploy.id });
      },
    );
    expect(steps).toBeGreaterThan(15);
    expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "publisher.rollback",
        "queue.add",
        "records.audit.append",
        "records.deploys.move",
        "records.locked",
        "records.postings.ensure",
        "records.rollbacks.move",
        "transport.exec",
      ]
    `);
  });

  test('changes nothing, and says why, where others published since', { timeout: 200_000 }, async () => {
    const { steps } = await everywhere(
      async () => {
        await bench.cvmfs.run(['transaction', bench.cvmfs.name]);
        await bench.cvmfs.run(['publish', bench.cvmfs.name]);
      },
      async (deploy) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'published', revision: 3 });
        const [rollback] = await bot.records.rollbacks.ofDeploy(deploy.id);
        expect(rollback?.state).toMatchObject({
          kind: 'failed',
          reason: expect.stringContaining('published again since'),
        });
        expect(bench.cvmfs.state()).toMatchObject({ revision: 4 });
        expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(true);
        expect((await bench.cvmfs.run(['list'])).stdout).toBe(healthy);
        expect(await postings(deploy, rollback?.id ?? 0)).toEqual(['deploy:N:rollback:N:failed']);
      },
    );
    expect(steps).toBeGreaterThan(4);
  });
});
