/**
 * How many commands may run over a connection at once; who finds no place waits, first come, first served. The server
 * has the last word: where it refuses a session, there are fewer places from then on.
 */
export class Sessions {
  readonly #most: number;
  #limit: number;
  #taken = 0;
  #open = 0;
  /** The most commands the server ran for us at once. */
  #peak = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Takes a place, or throws the signal's reason when it aborts before there is one. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at < 0) return; // it has just been given a place
      this.#waiting.splice(at, 1);
      reject(signal.reason);
    };
    this.#waiting.push(resolve);
    signal.addEventListener('abort', giveUp);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Gives a place back: to the one who has waited longest. */
  release(): void {
    this.#taken -= 1;
    this.#handOut();
  }

  /** A command was started. */
  opened(): void {
    this.#open += 1;
    this.#peak = Math.max(this.#peak, this.#open);
  }

  /** It has ended. */
  ended(): void {
    this.#open -= 1;
  }

  /**
   * The server refused who has a place and gives it back next. From now on there are as many places as are left, unless
   * the server ran more before and has just not closed one yet. True when it is worth another try in a moment.
   */
  refused(): boolean {
    this.#limit = Math.min(this.#limit, Math.max(1, this.#taken - 1, this.#peak));
    return this.#taken > 1 || this.#peak > 0;
  }

  /** A new connection knows nothing of what was refused on the last one. */
  reset(): void {
    this.#limit = this.#most;
    this.#peak = 0;
    this.#handOut();
  }

  #handOut(): void {
    while (this.#taken < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken += 1;
      next();
    }
  }
}
