import type { JobExit } from '../build.ts';
import type { JobResult, JobTests } from '../result-file.ts';

/** Who can do something about a failure, and so whether trying again may help. */
export type FailureClass = 'infrastructure' | 'download' | 'build' | 'test' | 'configuration';

/** Why a build failed, for people and for the retry. */
export interface Diagnosis {
  class: FailureClass;
  /** Stable, machine-readable: `compiler-error`, `disk-full` … */
  rule: string;
  /** One line of plain text, names in backticks, secrets masked; whoever shows it escapes the rest. */
  sentence: string;
  /** Line of the log (from 1) that says so; null when no line does. */
  line: number | null;
  /** At most 30 lines around it, or the last ones; escape codes removed, secrets masked. */
  excerpt: string[];
}

/** What is known beside the log once a job has ended. */
export interface Ending {
  exit: JobExit;
  /** As in JobResults of the builders' port. */
  steps: Record<string, number | null>;
  /** The parsed `.result` file; null when there is none or it cannot be read. */
  result: JobResult | null;
  /** The parsed `.test` file; likewise. */
  tests: JobTests | null;
}

export interface Evidence extends Ending {
  log: string;
}

/** How much a line explains. See verdict.ts for who wins. */
export type Rank =
  /** The node itself gave up: everything printed after it is a consequence. */
  | 'machine'
  /** A tool says what is wrong. */
  | 'cause'
  /** Somebody says only that something failed. */
  | 'symptom'
  /** A line that begins with "error", of a tool that the table does not know. */
  | 'guess';

/** A line that a rule matched, with what the sentence may need. */
export interface Hit {
  /** The whole line. */
  text: string;
  /** Capture groups of the pattern; a group without a match is empty. */
  groups: readonly string[];
  /** What follows in the same line of the log, where that quotes several. */
  rest: readonly string[];
  /** Lines that follow it, at most 19. */
  after: readonly string[];
  /** The last address that was being downloaded. */
  url: string | null;
}

/** One line of the table: which lines it knows and what it says about them. */
export interface Rule {
  name: string;
  class: FailureClass;
  rank: Rank;
  /** Lower-case words of which the line must hold one, so that most lines never meet a regex. */
  hints: readonly string[];
  /** No quantified group and bounded repetitions, so that a hostile line costs little more than its length. */
  pattern: RegExp;
  /** Lines that look like it and are not. */
  unless?: RegExp;
  say(hit: Hit): string;
}
