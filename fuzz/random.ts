/** Numbers that look random, the same for the same seed and case: any case can be made again alone. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, number: number) {
    this.#a = seed >>> 0;
    this.#b = number >>> 0;
    this.#c = Math.floor(number / 2 ** 32) ^ 0x9e3779b9;
    this.#d = 0x243f6a88;
    // The first numbers still look like the seed.
    for (let round = 0; round < 15; round += 1) this.#next();
  }

  /** sfc32: 32 bits. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor((this.#next() / 2 ** 32) * end);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('there is nothing to pick from');
    return one;
  }

  /** Small numbers far more often than large ones: a power of two below `most`, and what lies under it. */
  upTo(most: number): number {
    return this.below(Math.min(most, 2 ** this.below(Math.ceil(Math.log2(most + 1)) + 1)) + 1);
  }
}
