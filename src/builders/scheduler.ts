import type { Readable } from 'node:stream';
import type { EndCause } from './slurm-states.ts';
import type { SmallFile } from './small-tar.ts';

/** How jobs are started, watched and ended on a node: by itself (`process`), or by a batch system. */
export interface Scheduler {
  /** How often it is to be looked at jobs, in ms. */
  readonly intervalMs: number;
  /** Idempotent by directory; returns the scheduler's identity of the job, for its handle. */
  start(job: PreparedJob): Promise<string>;
  find(directory: string, mark: string): Promise<string | null>;
  /** True when nothing of the job is left running; a start of it that is still on its way finds its place taken. */
  stop(directory: string, mark: string): Promise<boolean>;
  /** One look at several jobs, in one command; answers in the same order. */
  observe(jobs: readonly Watched[]): Promise<Observation[]>;
  /** JOBID in the names of the job's files: `slurm-<JOBID>.out`. */
  jobId(buildId: number, job: string): string;
}

export interface PreparedJob {
  buildId: number;
  /** Absolute path on the node. */
  directory: string;
  /** The job's name, for a scheduler that has names. */
  mark: string;
  limitSeconds: number;
  /** May hold variables, which are expanded on the node; empty for none. */
  localTmp: string;
  siteScript: string;
  skipTests: boolean;
  /** Tar of the pull request's tree. */
  open(): Promise<Readable>;
  /** Of the bot, see jobFiles. */
  files: readonly SmallFile[];
}

export interface Watched {
  buildId: number;
  directory: string;
  job: string;
  /** Bytes of the log that are known already. */
  offset: number;
}

export interface Observation {
  state: JobState;
  /** Bytes of the log that there are. */
  size: number;
  /** The next bytes of the log, from the offset. */
  chunk: Buffer;
}

/** What a node says of a job: it runs, or how it ended. */
export type JobState =
  /**
   * `waiting`: why it has not started yet, null when it has; not known where there is none. `presumed`: it has no end yet,
   * and who would know whether it is still there does not answer.
   */
  | { kind: 'running'; waiting?: string | null; presumed?: boolean }
  | { kind: 'exited'; code: number }
  | { kind: 'timed-out'; limitSeconds: number }
  /** With a cause the detail is a sentence about the job that says all; `cause` is what ended it. */
  | { kind: 'lost'; detail: string; cause?: EndCause };
