/** Transports, sources and build nodes. */
import type { Readable } from 'node:stream';
import type { Build, JobExit, JobHandle } from '../domain/build.ts';
import type { PlacementNode } from '../domain/placement.ts';
import type { RepositoryTarget, Target } from '../domain/target.ts';

/** How a command is run and bytes are moved: on this machine or by SSH. */
export interface Transport {
  /** Runs to the end. `timeoutMs` throws Retryable; output beyond `maxOutputBytes` (default 1 MiB) throws Permanent. */
  exec(
    argv: readonly string[],
    options: { timeoutMs: number; stdin?: Readable | Uint8Array | string; maxOutputBytes?: number },
  ): Promise<ExecResult>;
  /** Starts a command whose output is read as a stream; the stream errors when the command ends with a code other than 0. */
  stream(argv: readonly string[], options: { timeoutMs: number }): Promise<Readable>;
  /** How the way there is doing, as the last commands found it; asks nothing. */
  health(): TransportHealth;
  close(): Promise<void>;
}

/** How the way to a host is doing, for the choice of a node. */
export interface TransportHealth {
  /**
   * `connecting`: there is no connection, and no reason to think there cannot be one. `unreachable`: the last tries
   * failed, the next follow. `refused`: the host shows another key than the pinned one, or does not take ours.
   */
  state: 'connected' | 'connecting' | 'unreachable' | 'refused';
  /** Unix ms. */
  since: number;
  /** One sentence. */
  detail: string;
  /** Connections in a row that failed, or were lost as soon as they were there. */
  failures: number;
  /** Unix ms until which nothing new should be given to this host; null when it may be used. */
  setAsideUntil: number | null;
}

export interface ExecResult {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: Buffer;
  stderr: Buffer;
}

export type SourceResult =
  | { kind: 'ready'; source: Source }
  | { kind: 'conflict'; files: string[] }
  | { kind: 'gone'; detail: string };

/** A pull request's pinned head merged into its base branch. */
export interface Source {
  /** Git tree of the merge. */
  tree: string;
  baseSha: string;
  /** A tar stream of the tree plus `<number>.diff`; may be called for every node. */
  open(): Promise<Readable>;
}

/** Text of a file, or why there is none. What was not UTF-8 in it is U+FFFD. */
export type FileText = { text: string } | { unreadable: 'too-large' | 'no-file' };

export interface ChangedFile {
  /** From the root of the repository; where its bytes are not UTF-8 they are U+FFFD. */
  path: string;
  status: 'added' | 'changed' | 'removed';
  /** Null where the file is not there on this side, or its text was not wanted. */
  before: FileText | null;
  after: FileText | null;
}

/** What a pull request itself changes: from where its branch left the base to its pinned head. */
export type PullChanges =
  | {
      kind: 'read';
      files: ChangedFile[];
      /** Commits of the base branch that the head does not have. */
      behindBy: number;
    }
  | { kind: 'gone'; detail: string };

export interface Sources {
  /** Made once per head; throws Retryable when the repository cannot be reached. */
  prepare(pull: { repo: string; number: number; baseRef: string; headSha: string }): Promise<SourceResult>;
  /**
   * Read out of git, so it costs no call of GitHub's API; throws as `prepare` does, and UserFacing for a pull request
   * of too many files.
   * @param wanted paths whose texts are asked for
   */
  changes(
    pull: { repo: string; number: number; baseRef: string; headSha: string },
    wanted: (path: string) => boolean,
  ): Promise<PullChanges>;
}

export interface JobSpec {
  build: Build;
  /** Name of a node, as given by nodes(). */
  node: string;
  repository: RepositoryTarget;
  target: Target;
  pull: { repo: string; number: number; commentId: number | null };
  source: Source;
}

/** What lay in a job's directory when it ended; texts are bounded, bytes not yet judged. */
export interface JobResults {
  result: string | null;
  test: string | null;
  /** Exit status of the four steps as the job wrote them: `build`, `check-build`, `test`, `check-test`; null: not run. */
  steps: Record<string, number | null>;
  /** The last lines of the log, at most 16 KiB. */
  logTail: string;
}

/** Room on the file system of a node's jobs, in bytes. */
export interface Space {
  node: string;
  totalBytes: number;
  /** What the account may still use. */
  freeBytes: number;
}

export interface Builders {
  /** Every node of every pool. */
  nodes(): (Omit<PlacementNode, 'nearlyFull'> & { pool: string })[];
  /** Idempotent by build id: a job that is there already is returned, not started again. */
  start(spec: JobSpec): Promise<JobHandle>;
  /** Looks for the job of a build on a node, from its directory. */
  find(buildId: number, node: string): Promise<JobHandle | null>;
  /** Log and end of the job are told to the listener given at construction, until it ended; twice is once. */
  follow(job: { buildId: number; handle: JobHandle; logOffset: number }): void;
  /** What is known of a job that this process follows; null when it follows none of that build. */
  seen(buildId: number): Seen | null;
  /** Ends the whole process group, TERM then KILL; true when there is nothing left running. */
  stop(buildId: number, node: string): Promise<boolean>;
  results(buildId: number, handle: JobHandle): Promise<JobResults>;
  /** Bytes of an artifact in the job's directory; `name` has passed the naming rule. */
  openArtifact(handle: JobHandle, name: string): Promise<Readable>;
  /** Size and sha256 of an artifact as the node tells them; null when it is no regular file in the job's directory. */
  measureArtifact(handle: JobHandle, name: string): Promise<{ bytes: number; sha256: string } | null>;
  /** Lets the node send an artifact in parts to signed addresses. @returns what the store said of each part */
  uploadArtifact(
    handle: JobHandle,
    name: string,
    to: { partBytes: number; urls: readonly string[] },
  ): Promise<string[]>;
  /**
   * Removes a build's directory from its node, once nothing in it is wanted any more; whatever of the job still runs is
   * ended first. The directory is found by the build's id alone. False when something will not go; twice is once.
   */
  remove(buildId: number, node: string): Promise<boolean>;
  /** How much room each node has for jobs; an error where a node does not answer. */
  space(): Promise<(Space | { node: string; error: Error })[]>;
}

/** When a job that is followed was heard of, unix ms. */
export interface Seen {
  /** Last, that it waits or runs; when it was first followed, if nothing was heard yet. */
  heardAt: number;
  /** First, that it runs; null while it waits, and when nothing was heard yet. */
  ranAt: number | null;
}

export interface JobListener {
  log(buildId: number, offset: number, chunk: Buffer): Promise<void>;
  ended(buildId: number, exit: JobExit): Promise<void>;
  /** Why a job waits in a queue, in words; null when it has started. Told when it changes. */
  waiting?(buildId: number, reason: string | null): Promise<void>;
}

/**
 * Logs of builds, kept by the bot so that people can read them while a build runs and after. A log only grows: an offset
 * in bytes names the same place forever.
 */
export interface LogStore {
  /** Writes at an offset; bytes that are there already are not doubled. */
  append(buildId: number, offset: number, chunk: Buffer): Promise<void>;
  /** Bytes of the log so far, whether compressed or not; 0 when there is none. */
  size(buildId: number): Promise<number>;
  /** From a byte to the end as it is when the reader gets there; nothing when there is no log. */
  read(buildId: number, from: number): Promise<Readable>;
  /** Calls a listener after this process added bytes to a log. @returns ends the listening */
  onAppend(buildId: number, listener: () => void): () => void;
  /**
   * Compresses the logs of builds that ended and that nothing was added to for some minutes; they read as before. Safe at
   * any time and again.
   * @param ended whether nothing will happen to a build any more
   * @returns how many were compressed
   */
  compressEnded(ended: (buildId: number) => Promise<boolean>): Promise<number>;
  /**
   * Lets go of compressed logs that nobody wrote or brought back since `before` (unix ms).
   * @param kept whether the log of a build can be brought back
   * @returns how many there were
   */
  forget(before: number, kept: (buildId: number) => Promise<boolean>): Promise<number>;
  /** A log as it was compressed, in gzip; null while it is not, or when there is none (then its size is 0). */
  packed(buildId: number): Promise<Readable | null>;
  /** Brings back a log that was lost here, compressed; one that is here stays as it is. */
  restore(buildId: number, packed: Readable): Promise<void>;
}
