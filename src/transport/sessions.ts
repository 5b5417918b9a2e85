/**
 * How many commands may run over a connection at once; who finds no place waits, first come, first served. The server
 * has the last word: where it refuses a session, there are fewer places from then on.
 */
export class Sessions {
  readonly #most: number;
  #limit: number;
  #taken = 0;
  #open = 0;
  /** The most sessions the server had open for us at once. */
  #peak = 0;
  readonly #waiting: ((limit: number) => void)[] = [];

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Takes a place, or throws the signal's reason when it aborts before there is one. Returns the limit it was given under. */
  async take(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return this.#limit;
    }
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const giveUp = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at < 0) return; // it has just been given a place
      this.#waiting.splice(at, 1);
      reject(signal.reason);
    };
    this.#waiting.push(resolve);
    signal.addEventListener('abort', giveUp);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Gives a place back: to the one who has waited longest. */
  release(): void {
    this.#taken -= 1;
    this.#handOut();
  }

  opened(): void {
    this.#open += 1;
    this.#peak = Math.max(this.#peak, this.#open);
  }

  closed(): void {
    this.#open -= 1;
  }

  /**
   * The server refused a session to who took a place under a limit. True when it is worth trying again: there are, or
   * were meanwhile made, fewer places.
   */
  refused(limit: number): boolean {
    const fewer = Math.max(1, Math.min(limit - 1, Math.max(1, this.#peak)));
    this.#limit = Math.min(this.#limit, fewer);
    return this.#limit < limit;
  }

  /** A new connection knows nothing of what was refused on the last one. */
  reset(): void {
    this.#limit = this.#most;
    this.#peak = this.#open;
    this.#handOut();
  }

  #handOut(): void {
    while (this.#taken < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken += 1;
      next(this.#limit);
    }
  }
}
