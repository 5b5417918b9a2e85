import type { Health, PlacementNode } from './placement.ts';

/** A build node as it is now, for people. */
export interface NodeNow extends PlacementNode {
  pool: string;
  /** How many jobs it has. */
  jobs: number;
  /** What its last builds say of it. */
  health: Health;
}

/** In one word or two; what is worst first. The reason of a refusal names hosts, which not everybody is to read. */
export function nodeWord({ refusal, unreachableUntil, nearlyFull, health }: NodeNow): string {
  if (refusal !== null) return 'refused';
  if (unreachableUntil !== null) return 'cannot be reached';
  if (nearlyFull) return 'nearly full';
  return { aside: 'set aside after failures', 'on-trial': 'tried again after failures', healthy: 'ready' }[
    health.kind
  ];
}
