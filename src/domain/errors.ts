/** Something outside is not answering now; the same step may be tried again. */
export class Retryable extends Error {
  override readonly name = 'Retryable';
  /** The least time to wait before the next try, in ms, where the other side said so. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Patience with somebody else is at its end; it is tried again all the same. The message is a sentence for people. */
export class Waiting extends Retryable {}

/** It will fail the same way next time: a wrong host key, a missing repository, a refused credential. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
  }
}

/** The message is a sentence for the person who asked, fit to be posted as it is. */
export class UserFacing extends Error {
  override readonly name = 'UserFacing';
}
