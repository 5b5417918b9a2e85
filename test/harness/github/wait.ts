/** Waiting for something to be true, without sleeping: it is asked again after every change. */
import type { EventEmitter } from 'node:events';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Named when it was waited for in vain. */
  readonly what: string;
}

/** Resolves with the first value that is not false, null or undefined; throws after the timeout. */
export async function waitFor<T>(
  events: EventEmitter,
  predicate: () => T | Promise<T>,
  { timeoutMs, what }: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const change = nextChange(events, deadline - performance.now());
    try {
      const value = await predicate();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      if (!(await change.happened)) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    } finally {
      change.forget();
    }
  }
}

/** Listens from now on, so that no change between a look and the wait is missed. */
function nextChange(
  events: EventEmitter,
  timeoutMs: number,
): { happened: Promise<boolean>; forget: () => void } {
  if (timeoutMs <= 0) return { happened: Promise.resolve(false), forget: () => {} };
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onChange = () => resolve(true);
  const timer = setTimeout(() => resolve(false), timeoutMs);
  events.once('change', onChange);
  const forget = () => {
    clearTimeout(timer);
    events.off('change', onChange);
  };
  return { happened: promise, forget };
}
