/** From confirmed to taken back, with the bot's rows and CernVM-FS: it dies between any two things it does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Deploy } from '../../src/domain/deploy.ts';
import { runRollback } from '../../src/workflow/run-rollback.ts';
import { cvmfsDeploy, software } from '../harness/cvmfs-server/bench.ts';
import { lives } from '../harness/lives.ts';
import { aDeploy } from '../harness/rows.ts';
import { sha256 } from '../harness/tarballs.ts';

const { bot, bench, everywhere, postings, decisions } = lives({
  effects: /\.(locked|move|append|ensure|add|rollback)$/,
  run: runRollback,
});
let round = 0;

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
  const files = cvmfsDeploy(bench().cvmfs, deploy.id, software('x86_64/amd/zen2', 'GROMACS'));
  const publication = await bench().publisher().publish(files);
  const state = { kind: 'published', at: 4, pullRequest, commit, approvals, ...publication } as const;
  const row = await deploys.move(deploy.id, 'ingesting', state);
  const repository = bench().cvmfs.name;
  const { rollback } = await rollbacks.ask({
    ...{ deployId: deploy.id, repository, from: 3, to: 1 },
    ...{ requestedBy: 'ann', source: `comment:rollback-${round}`, askedAt: 5 },
  });
  const confirmation = { by: 'bob', source: `comment:confirm-${round}`, at: 6 };
  await rollbacks.move(rollback.id, 'asked', { kind: 'confirmed', confirmation });
  if (row === null) throw new Error('there is no deploy');
  return row;
}

const said = (deploy: Deploy, rollback: number) =>
  postings(deploy, ['rolled-back', `rollback:${rollback}:failed`]);

describe('a bot that dies after any of its steps', () => {
  test('takes the deploy back, once', { timeout: 400_000 }, async () => {
    const { steps, seen } = await everywhere(confirmed, async (deploy, { jobs }) => {
      const row = await bot.records.deploys.get(deploy.id);
      expect(row?.state).toMatchObject({ kind: 'rolled-back', from: 3, to: 1, revision: 4 });
      const [rollback] = await bot.records.rollbacks.ofDeploy(deploy.id);
      expect(rollback?.state).toMatchObject({ kind: 'done', revision: 4 });
      expect(bench().cvmfs.state()).toMatchObject({ revision: 4, corrupt: false });
      expect(
        bench()
          .cvmfs.state()
          .tags.map(({ name }) => name),
      ).not.toContain(`stratobot-${deploy.id}`);
      expect(existsSync(join(bench().cvmfs.mount, 'versions'))).toBe(false);
      expect((await bench().cvmfs.run(['list'])).stdout).toBe(healthy);
      // Only the note of what was taken back stays.
      expect(readdirSync(join(bench().stateDir, bench().cvmfs.name))).toEqual([`taken-back-${deploy.id}`]);
      expect(await said(deploy, rollback?.id ?? 0)).toEqual([
        'deploy:N:rolled-back',
        'deploy-pr:N:rolled-back',
      ]);
      expect([...new Set(await decisions(deploy))]).toEqual(['rolling-back', 'rolled-back']);
      expect(jobs).toContainEqual({ kind: 'watch', deployId: deploy.id });
    });
    expect(steps).toBeGreaterThan(15);
    expect(seen).toMatchInlineSnapshot(`
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

  test('changes nothing, and says why, where others published since', { timeout: 400_000 }, async () => {
    const { steps } = await everywhere(
      async () => {
        const deploy = await confirmed();
        await bench().cvmfs.run(['transaction', bench().cvmfs.name]);
        await bench().cvmfs.run(['publish', bench().cvmfs.name]);
        return deploy;
      },
      async (deploy) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'published', revision: 3 });
        const [rollback] = await bot.records.rollbacks.ofDeploy(deploy.id);
        expect(rollback?.state).toMatchObject({
          kind: 'failed',
          reason: expect.stringContaining('published again since'),
        });
        expect(bench().cvmfs.state()).toMatchObject({ revision: 4 });
        expect(existsSync(join(bench().cvmfs.mount, 'versions'))).toBe(true);
        expect((await bench().cvmfs.run(['list'])).stdout).toBe(healthy);
        expect(await said(deploy, rollback?.id ?? 0)).toEqual(['deploy:N:rollback:N:failed']);
      },
    );
    expect(steps).toBeGreaterThan(4);
  });
});
