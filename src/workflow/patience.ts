import { Retryable } from '../domain/errors.ts';
import { type Failure, plainFailure } from '../domain/failure.ts';
import type { Seen } from '../ports.ts';
import type { World } from './world.ts';

/** How long a node may be out of reach, when something is wanted of it, before it is given up, ms. */
const NODE_PATIENCE_MS = 60 * 60_000;

/**
 * Why a job is waited for no more: it runs on after its time limit, or nothing is heard of it, and by now its node has ended it or
 * is gone for good. A job that waits in a queue of its node, and is heard of, is waited for however long that takes.
 * @param startedAt when it was given to its node, unix ms
 * @param seen as the builders know it; null when they cannot follow it
 */
export function overdue(
  world: World,
  pool: string,
  startedAt: number,
  seen: Seen | null,
): { why: 'silent' | 'endless'; since: number } | null {
  const now = world.clock.now();
  const began = seen === null ? startedAt : (seen.ranAt ?? seen.heardAt);
  const since = began + world.timeLimitSeconds(pool) * 1000 + NODE_PATIENCE_MS;
  if (now <= since) return null;
  if (seen === null || now > seen.heardAt + NODE_PATIENCE_MS) return { why: 'silent', since };
  return seen.ranAt === null ? null : { why: 'endless', since };
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

/** A build whose node, or what runs jobs there, did not come back. */
export function nodeGone(node: string): Failure {
  const sentence = `nothing was heard of the job on \`${node}\` for an hour; what became of it is unknown`;
  return plainFailure('infrastructure', 'unreachable', sentence);
}

/** A build whose job its node did not end. */
export function neverEnded(node: string): Failure {
  const sentence = `an hour after its time limit the job on \`${node}\` had not ended`;
  return plainFailure('infrastructure', 'endless', sentence);
}
