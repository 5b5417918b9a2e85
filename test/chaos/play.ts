/** One round: people at work, trouble by the seed, and a look at everything in the end. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { audit, type Findings } from './audit.ts';
import { type Diary, newDiary, playPullRequest } from './story.ts';
import { type Trouble, troubles, type Victim } from './trouble.ts';
import { type ChaosWorld, startChaosWorld } from './world.ts';

export interface Round {
  seed: number;
  /** Processes to be killed. */
  kills: number;
  /** Pull requests at least; more are opened while there is trouble left. */
  pulls: number;
  queue: 'postgres' | 'redis';
}

/** How far a round is, for whoever watches. */
export interface Progress {
  kills: number;
  pulls: number;
  published: number;
}

export interface Outcome {
  findings: Findings;
  kills: Partial<Record<Victim, number>>;
  illnesses: number;
  pulls: number;
  /** Commands people had to repeat as they were told that something did not work. */
  again: Diary['again'];
  seconds: number;
  /** Folder with what the processes printed, where something was found. */
  logs: string | null;
}

/** Pull requests that are worked on at once. */
const LANES = 5;
/** Nothing happens on GitHub for so long: then trouble comes all the same, ms. */
const LONGEST_BEAT_MS = 1_500;
/** All rows are to be final so long after the last trouble. */
const SETTLE_TIMEOUT_MS = 300_000;

export async function playRound(round: Round, watch: (progress: Progress) => void): Promise<Outcome> {
  const began = performance.now();
  const world = await startChaosWorld(round.queue);
  const diary = newDiary();
  const done: Outcome = {
    findings: [],
    kills: {},
    illnesses: 0,
    pulls: 0,
    again: diary.again,
    seconds: 0,
    logs: null,
  };
  const progress = () =>
    watch({
      kills: Object.values(done.kills).reduce((sum, count) => sum + count, 0),
      pulls: done.pulls,
      published: diary.published.length,
    });
  const failed = new AbortController();
  try {
    const trouble = makeTrouble(world, troubles(round.seed, round.kills, world.victims), done, progress);
    let over = false;
    const ended = trouble.finally(() => {
      over = true;
    });
    const lane = async () => {
      while (!failed.signal.aborted && (done.pulls < round.pulls || !over)) {
        done.pulls += 1;
        await playPullRequest(world.github, world.ledger, diary, done.pulls);
        progress();
      }
    };
    const work = [ended, ...Array.from({ length: LANES }, lane)];
    await Promise.all(work.map((one) => one.catch(stop(failed, done)))).catch(() => {});
    await settled(world).catch(stop(failed, done));
    await audit(world, diary).then((found) => done.findings.push(...found), stop(failed, done));
  } finally {
    done.seconds = (performance.now() - began) / 1000;
    if (done.findings.length > 0) done.logs = world.logs;
    await world.close(done.findings.length > 0);
  }
  return done;
}

/** What went wrong on the way is a finding like any other; the others need not begin anything new. */
function stop(failed: AbortController, { findings }: Outcome): (error: unknown) => void {
  return (error) => {
    failed.abort();
    findings.push(error instanceof Error ? error.message : String(error));
  };
}

/** One after the other, but without waiting until what was killed is back: several can be down at once. */
async function makeTrouble(
  world: ChaosWorld,
  planned: readonly Trouble[],
  done: Outcome,
  progress: () => void,
): Promise<void> {
  const down = new Map<string, Promise<void>>();
  for (const trouble of planned) {
    await beats(world, trouble.beats);
    await delay(trouble.afterMs);
    const what = trouble.kind === 'kill' ? trouble.victim : 'github';
    await down.get(what);
    down.set(what, strike(world, trouble));
    if (trouble.kind === 'kill') done.kills[trouble.victim] = (done.kills[trouble.victim] ?? 0) + 1;
    else done.illnesses += 1;
    progress();
  }
  await Promise.all(down.values());
}

function strike(world: ChaosWorld, trouble: Trouble): Promise<void> {
  return trouble.kind === 'kill'
    ? world.strike(trouble.victim, trouble.signal, trouble.downMs)
    : world.sicken(trouble.illness, trouble.requests, trouble.downMs);
}

/** Waits for so many things to happen on GitHub, but for none of them too long. */
async function beats(world: ChaosWorld, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const signal = AbortSignal.timeout(LONGEST_BEAT_MS);
    const isThere = await once(world.github.events, 'change', { signal }).then(
      () => true,
      () => false,
    );
    if (!isThere) return;
  }
}

/** What is not at its end, in words. */
const UNFINISHED = `
  SELECT 'delivery ' || guid || ' ' || state AS what FROM stratobot.deliveries WHERE state <> 'done'
  UNION ALL SELECT 'build ' || id || ' ' || state_kind FROM stratobot.builds
    WHERE state_kind NOT IN ('succeeded', 'failed', 'cancelled')
  UNION ALL SELECT 'deploy ' || id || ' ' || state_kind FROM stratobot.deploys
    WHERE state_kind NOT IN ('published', 'rejected', 'superseded', 'failed')
  UNION ALL SELECT 'deploy ' || id || ' filed ' || coalesce(filed, 'nowhere') FROM stratobot.deploys
    WHERE state_kind = 'published' AND filed IS DISTINCT FROM 'ingested'
  UNION ALL SELECT 'posting ' || key FROM stratobot.postings WHERE remote_id IS NULL`;

/** Resolves when no row waits for anything any more and nobody writes to GitHub. */
async function settled(world: ChaosWorld): Promise<void> {
  const { github } = world;
  let left: string[] = [];
  let asked = -1;
  for (const end = Date.now() + SETTLE_TIMEOUT_MS; Date.now() < end; await delay(1_000)) {
    await github.settled();
    const before = asked;
    asked = github.requests.filter(({ method }) => method !== 'GET').length;
    left = await unfinished(await world.databaseUrl()).catch((error) => [String(error)]);
    const checks = github.checkRuns('stack/software-layer').filter(({ status }) => status !== 'completed');
    if (left.length === 0 && checks.length === 0 && asked === before) return;
  }
  throw new Error(`not at its end ${SETTLE_TIMEOUT_MS / 1000} s after the last trouble: ${left.join(', ')}`);
}

async function unfinished(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query(UNFINISHED)).rows.map(({ what }) => what);
  } finally {
    await client.end();
  }
}
