/** From approved to published, with the bot's rows and CernVM-FS: it dies between any two things it does. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { type Deploy, type DeployItem, deployManifest } from '../../src/domain/deploy.ts';
import type { Rule } from '../../src/domain/permission.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { createSpool } from '../../src/ingest/spool.ts';
import type { Job } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { runIngest } from '../../src/workflow/run-ingest.ts';
import type { World } from '../../src/workflow/world.ts';
import { type CvmfsBench, changesServer, cvmfsBench } from '../harness/cvmfs-server/bench.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';
import { type Life, lifeUntil } from '../harness/mortal.ts';
import { aDeploy } from '../harness/rows.ts';
import { compress, sha256, softwareMembers, tar } from '../harness/tarballs.ts';

const bot = freshRecords();
let bench: CvmfsBench;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

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
  const digest = createHash('sha256')
    .update(deployManifest(asked, [item]))
    .digest('hex');
  const { deploy } = await bot.records.deploys.create({ ...asked, digest });
  const [pullRequest, commit] = [9, 'c1'];
  await bot.records.deploys.move(deploy.id, 'preparing', { kind: 'open', since: 1, pullRequest, commit });
  const approvals = [{ reviewer: 'bob', reviewId: 5, commit, digest }];
  const to = { kind: 'approved', at: 2, pullRequest, commit, approvals } as const;
  const row = await bot.records.deploys.move(deploy.id, 'open', to);
  if (row === null) throw new Error('there is no deploy');
  return row;
}

interface Outside {
  /** Of the queue; it is thrown away with each process. */
  jobs: Job[];
  merges: number;
}

/** What changes something outside of the bot's memory; after a look nothing is another than before it. */
const effects = (path: string, args: unknown[]): boolean =>
  path === 'transport.exec'
    ? changesServer(args[0] as string[])
    : /\.(locked|move|append|ensure|add|merge|fetch|clear|publish)$/.test(path);

/** Everything `runIngest` needs of the world, as one life of the bot sees it. */
async function world(life: Life, outside: Outside): Promise<World> {
  const root = join(bench.cvmfs.root, 'bot');
  const store = directoryStore({ root: join(root, 'store'), baseUrl: 'https://artifacts.example' });
  await store.put(item.key, Readable.from([bytes]), { contentType: 'x', metadata: {} });
  const everyone: Rule = {
    everyone: true,
    logins: [],
    teams: [],
    role: null,
    denied: [],
    repositories: null,
  };
  const ports = {
    records: bot.records,
    github: {
      pullRequest: async () => ({ headSha: 'c1' }),
      reviews: async () => [
        { id: 5, reviewer: { login: 'bob', isBot: false }, state: 'approved', commit: 'c1' },
      ],
      merge: async () => {
        outside.merges++;
        return 'merged';
      },
    },
    queue: { add: async (job: Job) => void outside.jobs.push(job) },
    spool: createSpool({ dir: join(root, 'spool'), store, limits: defaultLimits, log: silent }),
  };
  const mortal = Object.entries(ports).map(([key, port]) => [key, life.mortal(port, key, effects)]);
  const publisher = bench.publisher({ transport: life.mortal(localTransport(), 'transport', effects) });
  return {
    ...Object.fromEntries(mortal),
    clock: { now: () => bot.now },
    log: silent,
    publishers: new Map([[item.repository, life.mortal(publisher, 'publisher', effects)]]),
    catalogue: { instance: 'demo-bot', repositories: [] },
    served: new Map([['o/r', { approvals: 1, permissions: { denied: [], rules: { approve: [everyone] } } }]]),
  } as unknown as World; // the rest of it has nothing to do with publishing
}

/** One life until its end, then others, as long as the reconciler finds something to do. */
async function livesOf(deploy: Deploy, last: number): Promise<{ first: Life; outside: Outside }> {
  const outside: Outside = { jobs: [], merges: 0 };
  const first = lifeUntil(last);
  const ended = await runIngest(await world(first, outside), deploy.id).catch((error: unknown) => error);
  if (!first.died()) expect(ended).toBeUndefined();
  outside.jobs = [];
  const whole = await world(lifeUntil(Number.POSITIVE_INFINITY), outside);
  for (let times = 0; times < 2; times++) await runIngest(whole, deploy.id);
  return { first, outside };
}

const postings = async (deploy: Deploy, moments: readonly string[]) => {
  const keys = moments.flatMap((moment) => [
    `deploy:${deploy.id}:${moment}`,
    `deploy-pr:${deploy.id}:${moment}`,
  ]);
  const found = await Promise.all(keys.map((key) => bot.records.postings.get(key)));
  return found.flatMap((posting) => posting?.key.replace(String(deploy.id), 'N') ?? []);
};

const decisions = async (deploy: Deploy) => {
  const lines = await bot.records.audit.list(`deploy:${deploy.id}`);
  const [begun, others] = [true, false].map((is) =>
    lines.map(({ action }) => action).filter((action) => (action === 'publishing') === is),
  );
  expect(begun?.length, 'lines that say that publishing begins').toBeLessThanOrEqual(1);
  return others;
};

const spooled = (deploy: Deploy) => existsSync(join(bench.cvmfs.root, 'bot', 'spool', `deploy-${deploy.id}`));

/** Dies after each step in turn, and each time looks at the world when all has come to rest. */
async function everywhere(fault: () => void, audit: (deploy: Deploy, outside: Outside) => Promise<void>) {
  const seen = new Set<string>();
  for (let last = 0; ; last++) {
    fault();
    const deploy = await approved();
    const { first, outside } = await livesOf(deploy, last);
    for (const step of first.steps) seen.add(step);
    try {
      await audit(deploy, outside);
    } catch (error) {
      throw new Error(`it died after ${last}: ${first.steps[last]}`, { cause: error });
    }
    if (!first.died()) return { steps: first.steps.length, seen };
    await bench.close();
    bench = await cvmfsBench();
  }
}

describe('a bot that dies after any of its steps', () => {
  test('publishes all of it, once', { timeout: 400_000 }, async () => {
    const { steps, seen } = await everywhere(
      () => undefined,
      async (deploy, outside) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'published', revision: 3, files: 3 });
        expect(bench.cvmfs.state()).toMatchObject({ revision: 3, corrupt: false });
        expect(bench.cvmfs.state().tags.at(-1)).toMatchObject({
          name: `stratobot-${deploy.id}`,
          revision: 3,
        });
        expect(existsSync(join(bench.cvmfs.mount, module))).toBe(true);
        expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
        expect(await postings(deploy, ['published', 'failed', 'issue', 'waiting'])).toEqual([
          'deploy:N:published',
          'deploy-pr:N:published',
        ]);
        expect(await decisions(deploy)).toEqual(['deploy-published']);
        expect(outside.merges).toBeGreaterThan(0);
        expect(outside.jobs).toContainEqual({ kind: 'watch', deployId: deploy.id });
        expect(spooled(deploy)).toBe(false);
      },
    );
    expect(steps).toBeGreaterThan(30);
    expect([...seen].sort()).toMatchInlineSnapshot(`
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
      () => bench.cvmfs.fault('storage-full'),
      async (deploy) => {
        const row = await bot.records.deploys.get(deploy.id);
        expect(row?.state).toMatchObject({ kind: 'failed', reason: expect.stringContaining('is full') });
        expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
        expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
        expect(await postings(deploy, ['published', 'failed', 'issue'])).toEqual([
          'deploy:N:failed',
          'deploy-pr:N:failed',
          'deploy:N:issue',
        ]);
        expect(await decisions(deploy)).toEqual(['deploy-failed']);
      },
    );
    expect(steps).toBeGreaterThan(20);
  });
});
