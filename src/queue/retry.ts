import { Retryable } from '../domain/errors.ts';

/** Tries of a job whose errors may pass; two minutes in all. After that the reconciler comes upon its row. */
export const RETRYABLE_TRIES = 8;
/** Tries of a job that fails for another reason. */
const OTHER_TRIES = 2;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * How long to wait for the next try after an error, in ms, or null for no more tries: twice as long each time, less up
 * to half by chance, and never less than the other side asked for.
 */
export function waitBeforeRetry(error: unknown, triesMade: number, chance = Math.random()): number | null {
  const retryable = error instanceof Retryable;
  if (triesMade >= (retryable ? RETRYABLE_TRIES : OTHER_TRIES)) return null;
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (triesMade - 1), LONGEST_WAIT_MS);
  const wait = Math.round(longest * (1 - chance / 2));
  return retryable ? Math.max(wait, error.retryAfterMs ?? 0) : wait;
}
