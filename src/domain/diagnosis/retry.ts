import type { Diagnosis, FailureClass } from './types.ts';

/** How often a class of failure is worth another try, and after how long (ms). */
const RETRIES: Record<FailureClass, { times: number; afterMs: number }> = {
  infrastructure: { times: 2, afterMs: 0 },
  download: { times: 1, afterMs: 60_000 },
  build: { times: 0, afterMs: 0 },
  test: { times: 0, afterMs: 0 },
  configuration: { times: 0, afterMs: 0 },
};

export interface RetryAdvice {
  retry: boolean;
  /** How long to wait first, ms. */
  afterMs: number;
}

/**
 * Whether to build again without being asked. Each class has a budget of its own, so a build is tried at most four times
 * whatever its log says: the code of the pull request writes the log.
 * @param earlier classes of the earlier tries of this build, this one not among them
 */
export function retryAdvice(
  diagnosis: Pick<Diagnosis, 'class'>,
  earlier: readonly FailureClass[],
): RetryAdvice {
  const { times, afterMs } = RETRIES[diagnosis.class];
  const spent = earlier.filter((one) => one === diagnosis.class).length;
  return spent < times ? { retry: true, afterMs } : { retry: false, afterMs: 0 };
}
