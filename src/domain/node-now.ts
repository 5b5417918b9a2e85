import type { PlacementNode } from './placement.ts';

/** A build node as it is now, for people. */
export interface NodeNow extends PlacementNode {
  pool: string;
  /** How many jobs it has. */
  jobs: number;
}

/** In one word or two; what is worst first. The reason of a refusal names hosts, which not everybody is to read. */
export function nodeWord({ refusal, unreachableUntil, nearlyFull }: NodeNow): string {
  if (refusal !== null) return 'refused';
  if (unreachableUntil !== null) return 'cannot be reached';
  return nearlyFull ? 'nearly full' : 'ready';
}
