import type { Random } from './random.ts';

/** Something that is asked again and again, with inputs nobody would send who means well. */
export interface Subject<Input = unknown> {
  make(random: Random): Input;
  /**
   * Throws, or rejects, when the answer breaks a promise; in `npm run fuzz` an answer that takes more than a second breaks one, too.
   * @returns what kind of answer it was, to be counted; empty words for none
   */
  check(input: Input, number: number): string | Promise<string>;
  /** The input as a file keeps it. */
  show(input: Input): string;
  /** What could only be seen after all: called once in the end, throws as `check` does. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}

/** A promise about an answer, and what was found instead. */
export function promise(holds: boolean, sentence: string, found: unknown = ''): void {
  if (!holds) throw new Error(found === '' ? sentence : `${sentence}: ${JSON.stringify(found)}`);
}
