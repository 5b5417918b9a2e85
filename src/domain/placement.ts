/** Which build runs next, and where. Pure: the same state gives the same answer. */
import { expectedMs, type History, meanWaitMs, placeKey } from './placement/history.ts';
import { healthOf, type NotNow, noneNow, type PlacementNode } from './placement/nodes.ts';
import { type PoolOffer, type Target, targetName } from './target.ts';

export {
  type EndedTry,
  type Health,
  type History,
  nodeHealth,
  type Past,
  pastOf,
  recentHistory,
  START_FAILED,
} from './placement/history.ts';
export type { PlacementNode } from './placement/nodes.ts';

export interface PlacementPool {
  offer: PoolOffer;
  nodes: readonly PlacementNode[];
  /** Most builds at once on the whole pool; null: as many as there are slots. */
  mostBuilds: number | null;
}

/** A build that holds a slot, from the choice of its node until it is collected. */
export interface Placed {
  pull: string;
  pool: string;
  node: string;
  /** When it was given the slot, unix ms. */
  since: number;
}

export interface WaitingBuild {
  id: number;
  /** `owner/repo#12`: slots are shared fairly between these. */
  pull: string;
  target: Target;
  /** Repository target id. */
  repository: string;
  /** From when it waits, unix ms. */
  since: number;
  /** A maintainer wants it soon. */
  priority: boolean;
  /** Pools it was planned for (`on:`); null: any that can build it. */
  pools: readonly string[] | null;
  /** Nodes where it failed; used only when there is no other healthy one. */
  avoid: readonly string[];
}

export interface PlacementState {
  /** Unix ms. */
  now: number;
  pools: readonly PlacementPool[];
  placed: readonly Placed[];
  history: History;
  /** Most builds at once of one pull request; null: no limit. */
  mostPerPull: number | null;
}

export interface Placement {
  pool: string;
  node: string;
  /** Why there, without a full stop; for the check and the details of the status comment. */
  reason: string;
}

export interface Waits {
  /** One sentence of plain text. */
  waits: string;
  code: 'no-pool' | 'pull-limit' | 'full' | NotNow['why'] | 'mixed';
  /** When looking again is worth it even if no slot becomes free before, unix ms. */
  until: number | null;
}

/** The reason where nothing could be chosen; nobody needs to read it twice. */
export const ONLY_NODE = 'the only node for this target';

/** How much sooner a build with priority gets its turn, ms. Not always first: a long row of them must not shut out the rest. */
const PRIORITY_HEAD_START_MS = 4 * 3_600_000;
/**
 * How much a slot that others queue for costs, as a part of their mean wait. It decides between pools that are alike
 * otherwise; `npm run bench -- placement` hardly moves between 0 and 1.
 */
const QUEUE_WEIGHT = 0.25;
/** What it saves to build where this pull request was built before: sources and container are there, ms. */
const DATA_SAVES_MS = 10 * 60_000;

/** How long a build stays with a node that does not answer while another one is free, ms. */
const SILENT_MS = 2 * 60_000;

/**
 * Whether a build whose node does not answer should go to another one.
 * @param state without the build itself
 * @param silentMs since when it was given the node
 */
export function goesElsewhere(
  state: PlacementState,
  build: WaitingBuild,
  node: string,
  silentMs: number,
): boolean {
  if (silentMs < SILENT_MS) return false;
  const choice = choosePlacement(state, { ...build, avoid: [...build.avoid, node] });
  return !('waits' in choice) && choice.node !== node;
}

/** The best free slot for one build, or why there is none. */
export function choosePlacement(state: PlacementState, build: WaitingBuild): Placement | Waits {
  return choose(state, countSlots(state), build);
}

/** Why each of the builds that nextInLine() gave nothing waits, in their order. */
export function whyWaiting(
  waiting: readonly WaitingBuild[],
  state: PlacementState,
): { build: WaitingBuild; why: Waits }[] {
  const slots = countSlots(state);
  return waiting.flatMap((build) => {
    const why = choose(state, slots, build);
    return 'waits' in why ? [{ build, why }] : [];
  });
}

/**
 * The build that comes next, with its place; null when none of them can start now. Pull requests take turns: the one
 * that was served longest ago, or has waited longest since, is first. A build that cannot start now holds up nobody.
 * Call it again with the build among `placed` until it gives null.
 */
export function nextInLine(
  waiting: readonly WaitingBuild[],
  state: PlacementState,
): { build: WaitingBuild; placement: Placement } | null {
  const slots = countSlots(state);
  const without = new Set<string>();
  for (const build of line(waiting, state, slots)) {
    // Builds of one kind share their answer: a long row of them is asked once.
    const kind = `${build.repository} ${targetName(build.target)} ${build.pools?.join() ?? '*'} ${build.avoid.join()}`;
    if (without.has(kind)) continue;
    const placement = choose(state, slots, build);
    if (!('waits' in placement)) return { build, placement };
    if (placement.code !== 'pull-limit') without.add(kind);
  }
  return null;
}

/** Whether a pool builds this target for this repository. One with accelerators serves only who asks for them. */
export function canBuild(
  { offer }: PlacementPool,
  { target, repository, pools }: Pick<WaitingBuild, 'target' | 'repository' | 'pools'>,
): boolean {
  if (pools !== null && !pools.includes(offer.name)) return false;
  if (offer.os !== target.os || !offer.buildsFor.includes(target.cpu)) return false;
  if (!offer.repositories.includes(repository)) return false;
  if (target.accelerator === null) return offer.accelerators.length === 0;
  return target.accelerator.split('+').every((one) => offer.accelerators.includes(one));
}

/** How many slots are taken, per node, pool and pull request. */
interface Slots {
  nodes: Map<string, number>;
  pools: Map<string, number>;
  pulls: Map<string, number>;
  served: Map<string, number>;
}

function countSlots(state: PlacementState): Slots {
  const slots: Slots = { nodes: new Map(), pools: new Map(), pulls: new Map(), served: new Map() };
  for (const { node, pool, pull, since } of state.placed) {
    slots.nodes.set(node, (slots.nodes.get(node) ?? 0) + 1);
    slots.pools.set(pool, (slots.pools.get(pool) ?? 0) + 1);
    slots.pulls.set(pull, (slots.pulls.get(pull) ?? 0) + 1);
    slots.served.set(pull, Math.max(since, slots.served.get(pull) ?? 0));
  }
  return slots;
}

/**
 * Everybody in order: each turn moves a pull request behind all that waited before it, so none waits for ever. A build that has
 * waited for long overtakes nobody: `npm run bench -- placement` says what that costs. Where it does after 4 h, the longest 5 % wait
 * 1.04 × as long as first come, first served, not 1.05 ×, and small pull requests 0.68 ×, not 0.40 ×; after 1 h 1.00 × and 0.97 ×.
 */
function line(waiting: readonly WaitingBuild[], state: PlacementState, slots: Slots): WaitingBuild[] {
  const oldest = new Map<string, number>();
  for (const { pull, since } of waiting)
    oldest.set(pull, Math.min(since, oldest.get(pull) ?? Number.POSITIVE_INFINITY));
  const turn = ({ pull, priority }: WaitingBuild) => {
    const served = Math.max(slots.served.get(pull) ?? 0, state.history.served.get(pull) ?? 0);
    return Math.max(served, oldest.get(pull) ?? 0) - (priority ? PRIORITY_HEAD_START_MS : 0);
  };
  const keyed = waiting.map((build) => ({
    build,
    turn: turn(build),
    running: slots.pulls.get(build.pull) ?? 0,
  }));
  keyed.sort(
    (a, b) =>
      a.turn - b.turn || a.running - b.running || a.build.since - b.build.since || a.build.id - b.build.id,
  );
  return keyed.map(({ build }) => build);
}

interface Candidate extends Placement {
  costMs: number;
  /** How many kinds of builds the pool could do instead. */
  versatility: number;
  free: number;
}

function choose(state: PlacementState, slots: Slots, build: WaitingBuild): Placement | Waits {
  const target = targetName(build.target);
  const capable = state.pools.filter((pool) => canBuild(pool, build));
  if (capable.every((pool) => pool.nodes.length === 0))
    return {
      waits: `no pool here builds \`${target}\` for \`${build.repository}\``,
      code: 'no-pool',
      until: null,
    };
  const { mostPerPull } = state;
  if (mostPerPull !== null && (slots.pulls.get(build.pull) ?? 0) >= Math.max(1, mostPerPull))
    return { waits: `${pullBuilds(mostPerPull)} already, the most at once`, code: 'pull-limit', until: null };

  const candidates: Candidate[] = [];
  const notNow: NotNow[] = [];
  const nodes = capable.reduce((sum, pool) => sum + pool.nodes.length, 0);
  let healthySlots = 0;
  const elsewhere = hasOtherNode(state, capable, build.avoid);
  for (const pool of capable) {
    const { name, buildsFor } = pool.offer;
    const mostBuilds = pool.mostBuilds === null ? Number.POSITIVE_INFINITY : Math.max(1, pool.mostBuilds);
    const full = (slots.pools.get(name) ?? 0) >= mostBuilds;
    let slotsHere = 0;
    for (const node of pool.nodes) {
      const health = healthOf(state.history, node, state.now);
      if (health.kind === 'not-now') {
        notNow.push(health);
        continue;
      }
      const most = health.kind === 'on-trial' ? 1 : node.slots;
      slotsHere += most;
      const free = most - (slots.nodes.get(node.name) ?? 0);
      if (full || free <= 0 || (elsewhere && build.avoid.includes(node.name))) continue;
      const known = state.history.places.has(placeKey(build.pull, node.name));
      const costMs =
        expectedMs(state.history, name, target) +
        QUEUE_WEIGHT * meanWaitMs(state.history, name) -
        (known ? DATA_SAVES_MS : 0);
      const reason = known ? 'this pull request was built there before' : '';
      const versatility = buildsFor.length * pool.offer.repositories.length;
      candidates.push({ pool: name, node: node.name, reason, costMs, versatility, free });
    }
    healthySlots += Math.min(slotsHere, mostBuilds);
  }
  const [best] = candidates.sort(better);
  if (best !== undefined) {
    const { pool, node, reason } = best;
    if (nodes === 1) return { pool, node, reason: ONLY_NODE };
    return { pool, node, reason: [bestOf(candidates.length, nodes), reason].filter(Boolean).join('; ') };
  }
  const backs = notNow.flatMap(({ until }) => until ?? []);
  const until = backs.length === 0 ? null : Math.min(...backs);
  if (healthySlots === 0) return { ...noneNow(target, notNow), until };
  const waits = healthySlots === 1 ? 'the only slot is taken' : `all ${healthySlots} slots are taken`;
  return { waits, code: 'full', until };
}

function pullBuilds(most: number): string {
  return most === 1 ? 'a build of this pull request runs' : `${most} builds of this pull request run`;
}

function bestOf(free: number, nodes: number): string {
  return free === 1
    ? `the only one of ${nodes} nodes with a free slot`
    : `the best of ${free} nodes with a free slot`;
}

/** Whether a build that failed on some nodes has another one to go to, free or not. */
function hasOtherNode(
  state: PlacementState,
  capable: readonly PlacementPool[],
  avoid: readonly string[],
): boolean {
  if (avoid.length === 0) return false;
  return capable
    .flatMap((pool) => pool.nodes)
    .some(
      (node) => !avoid.includes(node.name) && healthOf(state.history, node, state.now).kind !== 'not-now',
    );
}

function better(a: Candidate, b: Candidate): number {
  return (
    a.costMs - b.costMs ||
    a.versatility - b.versatility ||
    b.free - a.free ||
    (a.pool < b.pool ? -1 : a.pool > b.pool ? 1 : 0) ||
    (a.node < b.node ? -1 : a.node > b.node ? 1 : 0)
  );
}
