import {
  canBuild,
  nextInLine,
  type Past,
  type Placed,
  type PlacementPool,
  recentHistory,
  type WaitingBuild,
} from '../src/domain/placement.ts';
import { targetName } from '../src/domain/target.ts';
import { figure, type Report } from './report.ts';
import { type Job, makeWeek, type Week } from './week.ts';

/** Each seed is one week; the same weeks every time. */
const SEEDS = [1, 2, 3, 4, 5];
const HISTORY_MS = 24 * 3_600_000;
/** How often a build whose node broke is tried again, as domain/diagnosis advises for `infrastructure`. */
const RETRIES = 2;
/** How long it takes until a person asks again for a build that was lost to broken nodes. */
const ASKED_AGAIN_MS = 3_600_000;
/** How often nodes that were set aside are looked at again when nothing else happens. */
const LOOK_AGAIN_MS = 5 * 60_000;

/** A simulated week of 5,000 builds on 12 pools with nodes that break, against first come, first served on the same trace. */
export async function placement(): Promise<Report> {
  process.stderr.write(`seeds ${SEEDS.join(', ')}\n`);
  const ours: Outcome[] = [];
  const first: Outcome[] = [];
  for (const seed of SEEDS) {
    const week = makeWeek(seed);
    ours.push(play(week, fairly));
    first.push(play(week, firstComeFirstServed));
  }
  const minutes = (outcomes: Outcome[], of: (one: Outcome) => number) =>
    outcomes.map((one) => of(one) / 60_000);
  const pair = (name: string, of: (one: Outcome) => number) => {
    const peer = figure(`${name}, first come first served`, 'min', minutes(first, of));
    return [peer, figure(name, 'min', minutes(ours, of), peer)];
  };
  const lost = figure(
    'lost to broken nodes, first come first served',
    'builds',
    first.map((one) => one.lost),
  );
  return {
    bench: 'placement',
    figures: [
      ...pair('mean wait', (one) => mean(one.waits)),
      ...pair('mean wait of pull requests with at most 8 builds', (one) => mean(one.smallWaits)),
      ...pair('95 % wait less than', (one) => percentile(one.waits, 0.95)),
      ...pair('makespan', (one) => one.makespan),
      lost,
      figure(
        'lost to broken nodes',
        'builds',
        ours.map((one) => one.lost),
        lost,
      ),
    ],
  };
}

interface Outcome {
  /** From the first command to the start of the try that was not lost, ms. */
  waits: number[];
  smallWaits: number[];
  makespan: number;
  /** Times a build failed only because every try met a broken node, so that a person had to ask again. */
  lost: number;
}

interface Queued extends WaitingBuild {
  job: Job;
  tries: number;
}

interface Running extends Placed {
  queued: Queued;
  endsAt: number;
  broken: boolean;
}

interface Scene {
  now: number;
  pools: readonly PlacementPool[];
  waiting: Queued[];
  /** Lost builds that a person will ask for again, with the time of that as `since`. */
  asked: Queued[];
  running: Running[];
  past: Past[];
}

/** Gives the next build its place, or null. */
type Policy = (scene: Scene) => { queued: Queued; pool: string; node: string } | null;

function fairly(): Policy {
  let summed = { of: -1, history: recentHistory([]) };
  return ({ now, pools, waiting, running, past }) => {
    if (summed.of !== past.length) {
      const recent = past.slice(-1_000).filter((one) => now - one.endedAt < HISTORY_MS);
      summed = { of: past.length, history: recentHistory(recent) };
    }
    const next = nextInLine(waiting, {
      now,
      pools,
      placed: running,
      history: summed.history,
      mostPerPull: null,
    });
    const queued = next && waiting.find((one) => one.id === next.build.id);
    return next && queued ? { queued, ...next.placement } : null;
  };
}

/** By arrival, to the first free slot in the order of the configuration; a build that cannot start holds up nobody. */
function firstComeFirstServed(): Policy {
  return ({ pools, waiting, running }) => {
    const taken = new Map<string, number>();
    for (const { node } of running) taken.set(node, (taken.get(node) ?? 0) + 1);
    const without = new Set<string>();
    for (const queued of [...waiting].sort((a, b) => a.since - b.since || a.id - b.id)) {
      const kind = targetName(queued.target);
      if (without.has(kind)) continue;
      for (const pool of pools) {
        if (!canBuild(pool, queued)) continue;
        const node = pool.nodes.find(({ name, slots }) => (taken.get(name) ?? 0) < slots);
        if (node) return { queued, pool: pool.offer.name, node: node.name };
      }
      without.add(kind);
    }
    return null;
  };
}

/** Plays a week, event by event. */
function play(week: Week, makePolicy: () => Policy): Outcome {
  const policy = makePolicy();
  const scene: Scene = { now: 0, pools: week.pools, waiting: [], asked: [], running: [], past: [] };
  const outcome: Outcome = { waits: [], smallWaits: [], makespan: 0, lost: 0 };
  let arrived = 0;
  while (arrived < week.jobs.length || scene.waiting.length + scene.asked.length + scene.running.length > 0) {
    const nextArrival = week.jobs[arrived]?.at ?? Number.POSITIVE_INFINITY;
    const nextEnd = Math.min(...scene.running.map((one) => one.endsAt), Number.POSITIVE_INFINITY);
    const look = scene.waiting.length > 0 ? scene.now + LOOK_AGAIN_MS : Number.POSITIVE_INFINITY;
    const nextAsked = Math.min(...scene.asked.map((one) => one.since), Number.POSITIVE_INFINITY);
    scene.now = Math.min(nextArrival, nextEnd, nextAsked, look);
    const { now } = scene;
    scene.waiting.push(...scene.asked.filter((one) => one.since <= now));
    scene.asked = scene.asked.filter((one) => one.since > now);
    for (let job = week.jobs[arrived]; job && job.at <= scene.now; job = week.jobs[arrived]) {
      scene.waiting.push(queue(job, arrived));
      arrived += 1;
    }
    for (const done of scene.running.filter((one) => one.endsAt <= scene.now)) end(scene, done, outcome);
    for (let next = policy(scene); next !== null; next = policy(scene)) start(scene, week, next);
  }
  outcome.makespan = scene.now;
  return outcome;
}

function queue(job: Job, id: number): Queued {
  const { pull, target, repository, at } = job;
  return {
    id,
    pull,
    target,
    repository,
    since: at,
    priority: false,
    pools: null,
    avoid: [],
    job,
    tries: 0,
  };
}

function start(scene: Scene, week: Week, next: { queued: Queued; pool: string; node: string }): void {
  const { queued, pool, node } = next;
  scene.waiting.splice(scene.waiting.indexOf(queued), 1);
  const breaks = week.outages.find(
    (one) => one.node === node && one.from <= scene.now && scene.now < one.until,
  );
  const ranMs = breaks ? breaks.failsAfterMs : queued.job.workMs / (week.speeds.get(pool) ?? 1);
  const endsAt = scene.now + ranMs;
  scene.running.push({
    pull: queued.pull,
    pool,
    node,
    since: scene.now,
    queued,
    endsAt,
    broken: breaks !== undefined,
  });
}

function end(scene: Scene, done: Running, outcome: Outcome): void {
  const { queued, pull, pool, node, since, endsAt, broken } = done;
  scene.running.splice(scene.running.indexOf(done), 1);
  const { job } = queued;
  scene.past.push({
    pull,
    pool,
    node,
    target: targetName(job.target),
    since: queued.since,
    startedAt: since,
    endedAt: endsAt,
    end: broken ? 'broken' : job.fails ? 'failed' : 'succeeded',
  });
  if (broken && queued.tries < RETRIES) {
    const tries = queued.tries + 1;
    scene.waiting.push({ ...queued, tries, avoid: [...queued.avoid, node] });
    return;
  }
  if (broken) {
    outcome.lost += 1;
    scene.asked.push({ ...queued, tries: 0, avoid: [], since: scene.now + ASKED_AGAIN_MS });
    return;
  }
  const waited = since - job.at;
  outcome.waits.push(waited);
  if (job.ofPull <= 8) outcome.smallWaits.push(waited);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}
