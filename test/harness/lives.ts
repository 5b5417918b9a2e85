/** A bot with its rows and a CernVM-FS repository, which dies after any of its steps and is started again. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { Deploy } from '../../src/domain/deploy.ts';
import type { Rule } from '../../src/domain/permission.ts';
import type { Job } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import type { World } from '../../src/workflow/world.ts';
import { type CvmfsBench, changesServer, cvmfsBench } from './cvmfs-server/bench.ts';
import { freshRecords } from './fresh-records.ts';
import { silent } from './log.ts';
import { type Life, lifeUntil } from './mortal.ts';

/** What a bot leaves behind outside of its rows and its repository. */
export interface Outside {
  /** Of the queue; it is thrown away with each process. */
  jobs: Job[];
  /** Who may approve, or ask for a deploy: everybody, until a test says otherwise. */
  rule: Rule;
}

interface LivesOptions<Left extends Outside> {
  /** Ports whose calls change something, by their last words; after a look nothing is another than before it. */
  effects: RegExp;
  /** The step that runs until it dies. */
  run(world: World, deployId: number): Promise<void>;
  /** What the step needs beside rows, queue and publisher, each call of it a step of this life. */
  ports?(left: Left): Promise<object>;
  /** What is there before each first life. */
  left?(): Omit<Left, keyof Outside>;
}

export function lives<Left extends Outside>({ effects, run, ports, left }: LivesOptions<Left>) {
  const bot = freshRecords();
  let bench: CvmfsBench;
  beforeEach(async () => {
    bench = await cvmfsBench();
  });
  afterEach(() => bench.close());

  const counts = (path: string, args: unknown[]): boolean =>
    path === 'transport.exec' ? changesServer(args[0] as string[]) : effects.test(path);

  const outside = (): Left => {
    const nobody = { logins: [], teams: [], role: null, denied: [], repositories: null };
    return { jobs: [], rule: { everyone: true, ...nobody }, ...left?.() } as unknown as Left;
  };

  /** Everything the step needs of the world, as one life of the bot sees it. */
  async function world(life: Life, left: Left): Promise<World> {
    const queue = { add: async (job: Job) => void left.jobs.push(job) };
    const all = { records: bot.records, queue, ...(await ports?.(left)) };
    const mortal = Object.entries(all).map(([key, port]) => [key, life.mortal(port, key, counts)]);
    const publisher = bench.publisher({ transport: life.mortal(localTransport(), 'transport', counts) });
    const permissions = { denied: [], rules: { approve: [left.rule], deploy: [left.rule] } };
    return {
      ...Object.fromEntries(mortal),
      clock: { now: () => bot.now },
      log: silent,
      rights: { knows: () => false, remember: () => undefined },
      publishers: new Map([[bench.cvmfs.name, life.mortal(publisher, 'publisher', counts)]]),
      catalogue: { instance: 'demo-bot', repositories: [] },
      served: new Map([['o/r', { approvals: 1, permissions, deployedLabel: null }]]),
    } as unknown as World; // the rest of it has nothing to do with what a repository holds
  }

  /** Lives of one deploy: the first until its end, then others, as the reconciler would start them. */
  async function livesOf(deploy: Deploy, last: number): Promise<{ first: Life; left: Left }> {
    const left = outside();
    const first = lifeUntil(last);
    const ended = await run(await world(first, left), deploy.id).catch((error: unknown) => error);
    if (!first.died()) expect(ended).toBeUndefined();
    left.jobs = [];
    const whole = await world(lifeUntil(Number.POSITIVE_INFINITY), left);
    for (let times = 0; times < 2; times++) await run(whole, deploy.id);
    return { first, left };
  }

  return {
    bot,
    /** The one of this round. */
    bench: () => bench,
    /** The step once, in one whole life. */
    async once(deploy: Deploy, left = outside()): Promise<Left> {
      await run(await world(lifeUntil(Number.POSITIVE_INFINITY), left), deploy.id);
      return left;
    },
    outside,
    /** Dies after each step in turn, and each time looks at the world when all has come to rest. */
    async everywhere(
      begin: () => Promise<Deploy>,
      audit: (deploy: Deploy, left: Left) => Promise<void>,
    ): Promise<{ steps: number; seen: string[] }> {
      const seen = new Set<string>();
      for (let last = 0; ; last++) {
        const deploy = await begin();
        const { first, left } = await livesOf(deploy, last);
        for (const step of first.steps) seen.add(step);
        try {
          await audit(deploy, left);
        } catch (error) {
          throw new Error(`it died after ${last}: ${first.steps[last]}`, { cause: error });
        }
        if (!first.died()) return { steps: first.steps.length, seen: [...seen].sort() };
        await bench.close();
        bench = await cvmfsBench();
      }
    },
    /** Which of these were said of a deploy, ids left out. */
    async postings({ id }: Deploy, moments: readonly string[]): Promise<string[]> {
      const keys = moments.flatMap((moment) => [`deploy:${id}:${moment}`, `deploy-pr:${id}:${moment}`]);
      const found = await Promise.all(keys.map((key) => bot.records.postings.get(key)));
      return found.flatMap((posting) => posting?.key.replace(/\d+/g, 'N') ?? []);
    },
    decisions: async ({ id }: Deploy) =>
      (await bot.records.audit.list(`deploy:${id}`)).map(({ action }) => action),
  };
}
