import type { Log } from '../ports/basics.ts';

/** A server that is away makes a worker complain many times a second. */
const SILENCE_MS = 10_000;

/** A listener that logs an error, and then none with the same message for a while. */
export function quietly(log: Log, message: string): (error: Error) => void {
  let last = '';
  let at = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (error.message === last && now - at < SILENCE_MS) return;
    last = error.message;
    at = now;
    log.warn({ err: error }, message);
  };
}
