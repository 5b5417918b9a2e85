/** What recent builds tell of pools and nodes: who is healthy, how long it takes, who was served last. */
import type { Failure } from '../failure.ts';
import { type Target, targetName } from '../target.ts';

/** How a build left its node. */
type PastEnd =
  /** It was built. */
  | 'succeeded'
  /** Its own fault: the node did its work. Says nothing for or against the node. */
  | 'failed'
  /** The node's fault: a diagnosis of class `infrastructure`, or a job that could not be started or was lost. */
  | 'broken';

/** One try of a build that ended; times are unix ms. */
export interface Past {
  /** `owner/repo#12`. */
  pull: string;
  pool: string;
  node: string;
  /** By targetName(). */
  target: string;
  /** From when it waited for a slot. */
  since: number;
  startedAt: number;
  endedAt: number;
  end: PastEnd;
}

/** One try of a build that ended, as its row says; times are unix ms. */
export interface EndedTry {
  /** `owner/repo#12`. */
  pull: string;
  pool: string;
  node: string;
  target: Target;
  since: number;
  /** When it was given its slot. */
  placedAt: number;
  endedAt: number;
  /** Whether its job was ever there. */
  ran: boolean;
  /** Null: it was built. */
  failure: Pick<Failure, 'class' | 'code'> | null;
}

/** Codes of failures of the job's start: the job never was there, whatever its class says of who can mend it. */
export const START_FAILED = 'start-failed';

/** What a try says of its node; null when it says nothing, because it ended before anything was asked of the node. */
export function pastOf(ended: EndedTry): Past | null {
  const { failure, ran, placedAt, target, ...rest } = ended;
  const base = { ...rest, target: targetName(target), startedAt: placedAt };
  if (failure === null) return { ...base, end: 'succeeded' };
  const broken = failure.class === 'infrastructure' || failure.code === START_FAILED;
  if (!broken && !ran) return null;
  return { ...base, end: broken ? 'broken' : 'failed' };
}

/** Failures in a row, with no success between them, after which a node is set aside. */
const FAILURES_IN_A_ROW = 3;
/** How long a node is set aside at first; twice as long with each failure after that, up to the longest. */
const SHORTEST_ASIDE_MS = 30 * 60_000;
const LONGEST_ASIDE_MS = 8 * 3_600_000;
/** What a build is taken to last where nothing is known, ms. */
const UNKNOWN_RUN_MS = 3_600_000;

interface NodePast {
  failures: number;
  lastFailure: number;
}

interface Rate {
  succeeded: number;
  broken: number;
  ranMs: number;
}

export interface History {
  nodes: ReadonlyMap<string, NodePast>;
  /** Per pool and target, and per target alone. */
  rates: ReadonlyMap<string, Rate>;
  /** Mean time that builds waited for a slot of the pool, ms. */
  waits: ReadonlyMap<string, { builds: number; waitedMs: number }>;
  /** Nodes that have the data of a pull request: `pull node`. */
  places: ReadonlySet<string>;
  /** When a build of the pull request was last given a slot. */
  served: ReadonlyMap<string, number>;
}

/** Sums up recent tries (a week of them is plenty), in any order. */
export function recentHistory(past: readonly Past[]): History {
  const nodes = new Map<string, NodePast>();
  const rates = new Map<string, Rate>();
  const waits = new Map<string, { builds: number; waitedMs: number }>();
  const places = new Set<string>();
  const served = new Map<string, number>();
  for (const one of [...past].sort((a, b) => a.endedAt - b.endedAt)) {
    judgeNode(nodes, one);
    for (const key of [rateKey(one.pool, one.target), one.target]) {
      const rate = entry(rates, key, { succeeded: 0, broken: 0, ranMs: 0 });
      if (one.end === 'broken') rate.broken += 1;
      if (one.end === 'succeeded') {
        rate.succeeded += 1;
        rate.ranMs += one.endedAt - one.startedAt;
      }
    }
    const wait = entry(waits, one.pool, { builds: 0, waitedMs: 0 });
    wait.builds += 1;
    wait.waitedMs += Math.max(0, one.startedAt - one.since);
    if (one.end !== 'broken') places.add(placeKey(one.pull, one.node));
    served.set(one.pull, Math.max(one.startedAt, served.get(one.pull) ?? 0));
  }
  return { nodes, rates, waits, places, served };
}

function judgeNode(nodes: Map<string, NodePast>, { node, end, endedAt }: Past): void {
  if (end === 'succeeded') nodes.delete(node);
  if (end !== 'broken') return;
  const one = entry(nodes, node, { failures: 0, lastFailure: 0 });
  one.failures += 1;
  one.lastFailure = endedAt;
}

export type Health =
  | { kind: 'healthy' }
  | { kind: 'aside'; until: number }
  /** Back from being set aside: one build at a time until it did its work again. */
  | { kind: 'on-trial' };

/**
 * Three failures of the node in a row, whichever builds met them. A build that failed by its own fault says nothing, for
 * or against: a node that is half broken makes builds fail like that, too.
 */
export function nodeHealth(history: History, node: string, now: number): Health {
  const past = history.nodes.get(node);
  if (past === undefined || past.failures < FAILURES_IN_A_ROW) return { kind: 'healthy' };
  const longer = SHORTEST_ASIDE_MS * 2 ** Math.min(past.failures - FAILURES_IN_A_ROW, 10);
  const until = past.lastFailure + Math.min(longer, LONGEST_ASIDE_MS);
  return now < until ? { kind: 'aside', until } : { kind: 'on-trial' };
}

/** What a build of the target costs on the pool, failures of the node included, ms. Few tries weigh little. */
export function expectedMs(history: History, pool: string, target: string): number {
  const here = history.rates.get(rateKey(pool, target));
  const anywhere = history.rates.get(target);
  const usual = meanRun(anywhere, UNKNOWN_RUN_MS, 0);
  const good = (here?.succeeded ?? 0) + 2;
  return meanRun(here, usual, 2) * ((good + (here?.broken ?? 0)) / good);
}

/** Mean run, pulled towards `usual` as if that had been seen `weight` times. */
function meanRun(rate: Rate | undefined, usual: number, weight: number): number {
  const runs = (rate?.succeeded ?? 0) + weight;
  return runs === 0 ? usual : ((rate?.ranMs ?? 0) + usual * weight) / runs;
}

/** How long builds waited for this pool lately, ms: a slot that others want is worth keeping free. */
export function meanWaitMs(history: History, pool: string): number {
  const wait = history.waits.get(pool);
  return wait === undefined ? 0 : wait.waitedMs / wait.builds;
}

export function placeKey(pull: string, node: string): string {
  return `${pull} ${node}`;
}

function rateKey(pool: string, target: string): string {
  return `${pool} ${target}`;
}

function entry<V>(map: Map<string, V>, key: string, fresh: V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, fresh);
  return fresh;
}
