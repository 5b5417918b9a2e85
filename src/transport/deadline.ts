import { Retryable } from '../domain/errors.ts';

/** Until when somebody waits. */
export interface Deadline {
  /** Aborts with the error to throw. */
  signal: AbortSignal;
  /** On the clock of performance.now(). */
  at: number;
}

export interface Clearable extends Deadline {
  clear(): void;
}

/** A deadline that aborts with Retryable; to be cleared by who no longer needs it. */
export function startDeadline(timeoutMs: number, what: string): Clearable {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new Retryable(`${what} did not end within ${timeoutMs} ms`));
  }, timeoutMs);
  return {
    signal: controller.signal,
    at: performance.now() + timeoutMs,
    clear: () => clearTimeout(timer),
  };
}

/** Waits for a promise, but not beyond the signal. */
export async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stop = Promise.withResolvers<never>();
  const giveUp = () => stop.reject(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([stop.promise, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Waits for a time, but not beyond the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await until(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
