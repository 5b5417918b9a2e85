/** Where a build is or may be built, and why there. */
import type { Build } from '../domain/build.ts';
import { ONLY_NODE } from '../domain/placement.ts';
import { code, list, prose } from './markdown.ts';

/** For the check of one build: always with the reason. */
export function placeAndReason({ pools, placement }: Pick<Build, 'pools' | 'placement'>): string {
  if (placement !== null) return `on ${code(placement.node)}: ${prose(placement.reason)}`;
  return poolNames(pools);
}

/** For a line of the status comment: with the reason where there was a choice. */
export function place({ pools, placement, priority, state }: Build): string {
  if (placement !== null) {
    const { pool, node, reason } = placement;
    return `pool ${code(pool)}, node ${code(node)}${reason === ONLY_NODE ? '' : ` (${prose(reason)})`}`;
  }
  const where = poolNames(pools);
  return priority !== null && state.kind === 'queued' ? `${where}, priority by @${priority.by}` : where;
}

/** `pool zen2`, `pools zen2 and zen2-spare` */
function poolNames(pools: readonly string[]): string {
  return `${pools.length === 1 ? 'pool' : 'pools'} ${list(pools.map((name) => code(name)))}`;
}
