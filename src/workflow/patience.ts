import { Retryable } from '../domain/errors.ts';
import { type Failure, plainFailure } from '../domain/failure.ts';
import type { World } from './world.ts';

/** How long a node may be out of reach, when something is wanted of it, before it is given up, ms. */
const NODE_PATIENCE_MS = 60 * 60_000;

/** True when a job cannot be running any more: its node ended it at the time limit, or is gone for good. */
export function isOverdue(world: World, pool: string, startedAt: number): boolean {
  return world.clock.now() > startedAt + world.timeLimitSeconds(pool) * 1000 + NODE_PATIENCE_MS;
}

/**
 * Does what needs the node; when the node has been out of reach for too long, the build goes on without it, so that its slot
 * is free and somebody is told.
 * @param since when this was first wanted, unix ms
 */
export async function unlessGone<T>(
  world: World,
  since: number,
  work: () => Promise<T>,
  without: () => T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Retryable) || world.clock.now() < since + NODE_PATIENCE_MS) throw error;
    world.log.warn({ err: error, since }, 'a node is given up');
    return without();
  }
}

/** A build whose node did not come back. */
export function nodeGone(node: string): Failure {
  const sentence = `\`${node}\` could not be reached for an hour; what became of the job is unknown`;
  return plainFailure('infrastructure', 'unreachable', sentence);
}
