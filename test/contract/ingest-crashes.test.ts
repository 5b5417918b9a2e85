/** From approved to published, with the bot's rows and CernVM-FS: it dies between any two things it does, or GitHub thinks again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { type Deploy, type DeployItem, deployManifest } from '../../src/domain/deploy.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { createSpool } from '../../src/ingest/spool.ts';
import type { Spool } from '../../src/ports.ts';
import { runIngest } from '../../src/workflow/run-ingest.ts';
import { lives, type Outside } from '../harness/lives.ts';
import { silent } from '../harness/log.ts';
import { aDeploy } from '../harness/rows.ts';
import { compress, sha256, softwareMembers, tar } from '../harness/tarballs.ts';

const name = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.zst';
const module = 'versions/2023.06/software/linux/x86_64/amd/zen2/modules/all/GROMACS/2024.4-foss-2023b.lua';
const bytes = compress(tar(softwareMembers()), 'zst');
const item: DeployItem = {
  ...{ artifactId: 1, name, sha256: sha256(bytes), bytes: bytes.length, key: `pr/3/${name}` },
  ...{ target: 'x86_64/amd/zen2', repository: 'software.eessi.io' },
};

/** An approved deploy, as the rows have it. */
async function approved(): Promise<Deploy> {
  const asked = aDeploy({ artifacts: [item] });
  const digest = sha256(deployManifest(asked, [item]));
  const { deploy } = await bot.records.deploys.create({ ...asked, digest });
  const [pullRequest, commit] = [9, 'c1'];
  await bot.records.deploys.move(deploy.id, 'preparing', { kind: 'open', since: 1, pullRequest, commit });
  const approvals = [{ reviewer: 'bob', reviewId: 5, commit, digest }];
  const to = { kind: 'approved', at: 2, pullRequest, commit, approvals } as const;
  const row = await bot.records.deploys.move(deploy.id, 'open', to);
  if (row === null) throw new Error('there is no deploy');
  return row;
}

interface Left extends Outside {
  merges: number;
  /** What happens as the deploy PR is merged. */
  meanwhile: () => void;
  headSha: string;
  review: { id: number; reviewer: { login: string; isBot: boolean }; state: string; commit: string };
  /** What the spool says it fetched, where that is not what is in the rows. */
  fetched: Partial<DeployItem>;
}

const { bot, bench, once, outside, everywhere, postings, decisions } = lives<Left>({
  effects: /\.(locked|move|append|ensure|add|merge|fetch|clear|publish)$/,
  run: runIngest,
  left: () => ({
    merges: 0,
    meanwhile: () => undefined,
    headSha: 'c1',
    review: { id: 5, reviewer: { login: 'bob', isBot: false }, state: 'approved', commit: 'c1' },
    fetched: {},
  }),
  async ports(left) {
    const root = join(bench().cvmfs.root, 'bot');
    const store = directoryStore({ root: join(root, 'store'), baseUrl: 'https://artifacts.example' });
    await store.put(item.key, Readable.from([bytes]), { contentType: 'x', metadata: {} });
    const spool = createSpool({ dir: join(root, 'spool'), store, limits: defaultLimits, log: silent });
    const fetch: Spool['fetch'] = async (deploy) => {
      const found = await spool.fetch(deploy);
      if (found.kind === 'refused') return found;
      return { ...found, files: found.files.map((file) => ({ ...file, ...left.fetched })) };
    };
    return {
      spool: { ...spool, fetch },
      github: {
        pullRequest: async () => ({ headSha: left.headSha }),
        reviews: async () => [left.review],
        merge: async () => {
          left.merges++;
          left.meanwhile();
          return 'merged';
        },
      },
    };
  },
});

const spooled = (deploy: Deploy) =>
  existsSync(join(bench().cvmfs.root, 'bot', 'spool', `deploy-${deploy.id}`));

const list = async () => (await bench().cvmfs.run(['list'])).stdout;

/** What was decided; that publishing began is said at most once. */
async function ends(deploy: Deploy): Promise<string[]> {
  const all = await decisions(deploy);
  const others = all.filter((action) => action !== 'publishing');
  expect(all.length - others.length, 'lines that say that publishing begins').toBeLessThanOrEqual(1);
  return others;
}

describe('a bot that dies after any of its steps', () => {
  test('publishes all of it, once', { timeout: 400_000 }, async () => {
    const { steps, seen } = await everywhere(approved, async (deploy, left) => {
      const row = await bot.records.deploys.get(deploy.id);
      expect(row?.state).toMatchObject({ kind: 'published', revision: 3, files: 3 });
      expect(bench().cvmfs.state()).toMatchObject({ revision: 3, corrupt: false });
      expect(bench().cvmfs.state().tags.at(-1)).toMatchObject({
        name: `stratobot-${deploy.id}`,
        revision: 3,
      });
      expect(existsSync(join(bench().cvmfs.mount, module))).toBe(true);
      expect(await list()).toBe('software.eessi.io (stratum0 / local)\n');
      expect(await postings(deploy, ['published', 'failed', 'issue', 'waiting'])).toEqual([
        'deploy:N:published',
        'deploy-pr:N:published',
      ]);
      expect(await ends(deploy)).toEqual(['deploy-published']);
      expect(left.merges).toBeGreaterThan(0);
      expect(left.jobs).toContainEqual({ kind: 'watch', deployId: deploy.id });
      expect(spooled(deploy)).toBe(false);
    });
    expect(steps).toBeGreaterThan(30);
    expect(seen).toMatchInlineSnapshot(`
      [
        "github.merge",
        "publisher.publish",
        "queue.add",
        "records.audit.append",
        "records.deploys.move",
        "records.locked",
        "records.postings.ensure",
        "spool.clear",
        "spool.fetch",
        "transport.exec",
      ]
    `);
  });

  test('publishes nothing, and opens an issue, where it cannot', { timeout: 400_000 }, async () => {
    const { steps } = await everywhere(
      () => {
        bench().cvmfs.fault('storage-full');
        return approved();
      },
      async (deploy) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'failed', reason: expect.stringContaining('is full') });
        expect(existsSync(join(bench().cvmfs.mount, 'versions'))).toBe(false);
        expect(await list()).toBe('software.eessi.io (stratum0 / local)\n');
        expect(await postings(deploy, ['published', 'failed', 'issue'])).toEqual([
          'deploy:N:failed',
          'deploy-pr:N:failed',
          'deploy:N:issue',
        ]);
        expect(await ends(deploy)).toEqual(['deploy-failed']);
      },
    );
    expect(steps).toBeGreaterThan(20);
  });
});

describe('right before publishing everything is asked again', () => {
  test.each<[string, (left: Left) => void, string]>([
    ['a dismissed approval', ({ review }) => (review.state = 'dismissed'), 'bob took the approval back'],
    ['an approver who left', ({ rule }) => (rule.everyone = false), 'bob is not among those who approve'],
    ['another commit', (left) => (left.headSha = 'c2'), 'its head is now c2'],
    ['other bytes', (left) => (left.fetched = { sha256: sha256('other') }), 'but the artifacts are now'],
  ])('%s, after the deploy PR was merged, publishes nothing', async (_what, change, reason) => {
    const deploy = await approved();
    const left = outside();
    left.meanwhile = () => change(left);
    await once(deploy, left);
    expect(left.merges).toBe(1);
    const row = await bot.records.deploys.get(deploy.id);
    expect(row?.state).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) });
    expect(await decisions(deploy)).toEqual(['deploy-failed']);
    expect(await postings(deploy, ['issue'])).toEqual(['deploy:N:issue']);
    expect(bench().cvmfs.state().revision).toBe(1);
  });
});
