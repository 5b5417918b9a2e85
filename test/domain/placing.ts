/** What tests of the placement share: pools, and the builds that wait, run and have ended. */
import {
  choosePlacement,
  type Past,
  type Placed,
  type PlacementPool,
  type PlacementState,
  recentHistory,
  type WaitingBuild,
} from '../../src/domain/placement.ts';
import type { PoolOffer, Target } from '../../src/domain/target.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const NOW = 1_000 * HOUR;
export const STACK = 'eessi.io-2025.06-software';

export function pool(
  name: string,
  more: Partial<PoolOffer> & { slots?: number[]; most?: number } = {},
): PlacementPool {
  const { slots = [1], most = null, ...offer } = more;
  const cpu = offer.cpu ?? 'x86_64/amd/zen2';
  return {
    offer: { name, os: 'linux', cpu, buildsFor: [cpu], accelerators: [], repositories: [STACK], ...offer },
    nodes: slots.map((count, index) => ({
      name: `${name}/${index + 1}`,
      slots: count,
      unreachableUntil: null,
      refusal: null,
      nearlyFull: false,
    })),
    mostBuilds: most,
  };
}

export const ZEN2: Target = { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null };

export function build(id: number, more: Partial<WaitingBuild> = {}): WaitingBuild {
  return {
    id,
    pull: 'org/stack#1',
    target: ZEN2,
    repository: STACK,
    since: NOW,
    priority: false,
    pools: null,
    avoid: [],
    ...more,
  };
}

export function state(
  pools: PlacementPool[],
  more: Partial<PlacementState> & { past?: Past[] } = {},
): PlacementState {
  const { past = [], ...rest } = more;
  return { now: NOW, pools, placed: [], history: recentHistory(past), mostPerPull: null, ...rest };
}

export function past(node: string, minutesAgo: number, more: Partial<Past> = {}): Past {
  const endedAt = NOW - minutesAgo * MINUTE;
  return {
    pull: 'org/stack#7',
    pool: node.slice(0, node.indexOf('/')),
    node,
    target: 'x86_64/amd/zen2',
    since: endedAt - 30 * MINUTE,
    startedAt: endedAt - 30 * MINUTE,
    endedAt,
    end: 'succeeded',
    ...more,
  };
}

export function placed(node: string, pull = 'org/stack#9'): Placed {
  return { pull, pool: node.slice(0, node.indexOf('/')), node, since: NOW - HOUR };
}

export function broken(node: string, pulls: string[]): Past[] {
  return pulls.map((pull, index) => past(node, pulls.length - index, { pull, end: 'broken' }));
}

/** The node, or why it waits. */
export function where(one: PlacementState, waiting: WaitingBuild): string {
  const choice = choosePlacement(one, waiting);
  return 'waits' in choice ? choice.code : choice.node;
}
