import { setTimeout as delay } from 'node:timers/promises';
import { Retryable } from '../domain/errors.ts';
import type { Records } from '../ports.ts';

/** Between two looks whether a lock is free, ms. */
const LOOK_MS = 200;
/** Longer than whoever holds it may take for a first fetch and a merge. */
const LOCK_TIMEOUT_MS = 10 * 60_000;

/**
 * Runs `work` while no other process of this database runs work of that name; waits for its turn.
 * @throws Retryable when the turn does not come
 */
export async function alone<T>(
  { locked }: Pick<Records, 'locked'>,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const result = await locked(name, work);
    if (result !== 'busy') return result;
    await delay(LOOK_MS);
  }
  throw new Retryable(`the lock ${name} is held by another process for too long`);
}
