const FIRST_MS = 500;
const MOST_MS = 30_000;
const SET_ASIDE_AFTER = 3;
const SET_ASIDE_MS = 120_000;

/** When a host that could not be reached may be tried again, and for how long others should be used in its place. */
export class Backoff {
  #failures = 0;
  #nextTryAt = 0;
  #setAsideUntil = 0;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @param now a clock in ms that never goes back @param random from 0 to 1 */
  constructor(now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Twice as long each time, up to half a minute; half of it by chance, so that a site's hosts are not all tried at once. */
  failed(certain: boolean): void {
    const whole = Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#nextTryAt = this.#now() + whole * (0.5 + this.#random() / 2);
    if (certain || this.#failures >= SET_ASIDE_AFTER) this.#setAsideUntil = this.#now() + SET_ASIDE_MS;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#nextTryAt = 0;
    this.#setAsideUntil = 0;
  }

  /** Time until the next try, in ms; 0 when it may be now. */
  waitMs(): number {
    return this.#failures === 0 ? 0 : Math.max(0, this.#nextTryAt - this.#now());
  }

  /** How much longer the host is set aside, in ms; 0 when it is not. */
  setAsideMs(): number {
    return this.#failures === 0 ? 0 : Math.max(0, this.#setAsideUntil - this.#now());
  }
}
