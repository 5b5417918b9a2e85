import type { Judgement, Question } from './judge.ts';

/** To the thread that judges. A tarball has a number, which everything said of it carries. */
export type ToThread =
  | { kind: 'question'; tarball: number; question: Question }
  | { kind: 'chunk'; tarball: number; memory: ArrayBuffer; bytes: number }
  | { kind: 'end'; tarball: number }
  /** There is no more, and what was sent is not all. */
  | { kind: 'cut'; tarball: number };

/** From it. Each chunk's memory comes back once it was read, to be used again. */
export type FromThread =
  | { kind: 'read'; tarball: number; memory: ArrayBuffer; broken: boolean }
  | { kind: 'judged'; tarball: number; judgement: Judgement }
  | { kind: 'failed'; tarball: number; error: Error };
