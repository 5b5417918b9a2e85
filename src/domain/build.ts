import type { Failure } from './failure.ts';
import type { JobReport } from './job-report.ts';
import type { Placement } from './placement.ts';
import type { Target } from './target.ts';

/** Where a job runs and how it is found again: enough to re-attach after a restart. */
export interface JobHandle {
  /** Name of the node in the configuration, `pool/node`. */
  node: string;
  /** Absolute path of the job's directory on the node. */
  directory: string;
  /** The scheduler's own identity of the job, opaque to the workflow (a process: `pid:starttime:boot-id`). */
  job: string;
}

/** How a job ended, as the node tells it. */
export type JobExit =
  | { kind: 'exited'; code: number }
  | { kind: 'timed-out'; limitSeconds: number }
  /** With a `cause` the scheduler knows what became of it, and `detail` is the whole sentence. */
  | { kind: 'lost'; detail: string; cause?: LossCause };

/** Why a scheduler ended a job. */
export type LossCause = 'time' | 'memory' | 'person' | 'infrastructure' | 'configuration';

/** An artifact as the state of a build remembers it; the whole record is in the artifacts table. */
export interface ArtifactRef {
  id: number;
  name: string;
  sha256: string;
  bytes: number;
}

/** What the test step said. */
export interface TestOutcome {
  status: 'SUCCESS' | 'FAILURE' | 'UNKNOWN' | 'SKIPPED';
  /** Counts from ReFrame's summary line, where there is one. */
  passed: number | null;
  failed: number | null;
  skipped?: number;
  /** Names of failed tests, as far as the job told them. */
  failedTests?: string[];
}

/** State of a build; times are unix milliseconds. Each state carries the evidence for itself. */
export type BuildState =
  | { kind: 'queued'; since: number }
  | { kind: 'starting'; since: number; node: string }
  | { kind: 'running'; startedAt: number; handle: JobHandle }
  /** `source`: the command that asked for it, `comment:<id>:<line>`; none where it was no command. */
  | {
      kind: 'cancelling';
      at: number;
      by: string;
      source?: string;
      startedAt: number | null;
      node: string;
    }
  | { kind: 'collecting'; startedAt: number; endedAt: number; handle: JobHandle; exit: JobExit }
  | {
      kind: 'succeeded';
      startedAt: number;
      endedAt: number;
      handle: JobHandle;
      artifacts: ArtifactRef[];
      tests: TestOutcome;
      /** What its scripts say of it; none where they say nothing. */
      report?: JobReport;
    }
  | {
      kind: 'failed';
      startedAt: number | null;
      endedAt: number;
      handle: JobHandle | null;
      failure: Failure;
      report?: JobReport;
    }
  | { kind: 'cancelled'; startedAt: number | null; at: number; by: string; source?: string };

export type BuildStateKind = BuildState['kind'];

/** Why and how a build is a repetition. */
export interface Retry {
  /** The build that failed. */
  of: number;
  /** Unix ms before which it does not start. */
  notBefore: number;
  /** The command that asked for it: `comment:<id>:<line>`; none where nobody asked. */
  source?: string;
}

/** One target × repository target of a request. */
export interface Build {
  id: number;
  requestId: number;
  target: Target;
  /** Repository target id. */
  repository: string;
  /** Pools it may be built on, as it was planned; never empty. */
  pools: string[];
  /** The node it was given, and why; null while it is queued, and when it never left the queue. */
  placement: (Placement & { at: number }) | null;
  exports: Record<string, string>;
  state: BuildState;
  /** Why a queued build is not started, or the job of a running one in a queue of its node; in words. */
  waiting: string | null;
  /** Set when this build repeats another one. A build is repeated once at the most; after that its repetition is. */
  retry: Retry | null;
  /** Who wants it before its turn; unix ms. */
  priority: { by: string; at: number } | null;
  /** Nodes where it failed, or that were silent when it was to start; only used when there is no other healthy one. */
  avoid: string[];
  createdAt: number;
}

/** What can happen to a build. */
export type BuildEvent =
  | { kind: 'node-chosen'; placement: Placement }
  /** Its node is silent, and another one could take it. */
  | { kind: 'given-back' }
  | { kind: 'job-started'; handle: JobHandle }
  | { kind: 'job-ended'; exit: JobExit }
  | { kind: 'collected'; artifacts: ArtifactRef[]; tests: TestOutcome; report?: JobReport }
  | { kind: 'failed'; failure: Failure; report?: JobReport }
  | { kind: 'cancel-asked'; by: string; source?: string }
  | { kind: 'job-stopped' };

export interface Refusal {
  refused: string;
}

/**
 * The one place where a build moves. Pure.
 * @param now unix ms
 * @returns the next state, or a refusal that says why this event means nothing in this state
 */
export function nextBuildState(state: BuildState, event: BuildEvent, now: number): BuildState | Refusal {
  switch (event.kind) {
    case 'node-chosen':
      if (state.kind === 'queued') return { kind: 'starting', since: now, node: event.placement.node };
      break;
    case 'given-back':
      if (state.kind === 'starting') return { kind: 'queued', since: now };
      break;
    case 'job-started':
      if (state.kind === 'starting') return { kind: 'running', startedAt: now, handle: event.handle };
      break;
    case 'job-ended':
      if (state.kind === 'running') {
        return {
          kind: 'collecting',
          startedAt: state.startedAt,
          endedAt: now,
          handle: state.handle,
          exit: event.exit,
        };
      }
      break;
    case 'collected':
      if (state.kind === 'collecting' && event.artifacts.length > 0) {
        const { startedAt, endedAt, handle } = state;
        return {
          kind: 'succeeded',
          startedAt,
          endedAt,
          handle,
          artifacts: event.artifacts,
          tests: event.tests,
          ...reportOf(event),
        };
      }
      break;
    case 'failed':
      if (state.kind === 'queued' || state.kind === 'starting') {
        return { kind: 'failed', startedAt: null, endedAt: now, handle: null, failure: event.failure };
      }
      if (state.kind === 'running' || state.kind === 'collecting') {
        const endedAt = state.kind === 'collecting' ? state.endedAt : now;
        return {
          kind: 'failed',
          startedAt: state.startedAt,
          endedAt,
          handle: state.handle,
          failure: event.failure,
          ...reportOf(event),
        };
      }
      break;
    case 'cancel-asked': {
      const asked = { at: now, by: event.by, ...sourceOf(event) };
      if (state.kind === 'queued') return { kind: 'cancelled', startedAt: null, ...asked };
      if (state.kind === 'starting') {
        return { kind: 'cancelling', startedAt: null, node: state.node, ...asked };
      }
      if (state.kind === 'running') {
        return { kind: 'cancelling', startedAt: state.startedAt, node: state.handle.node, ...asked };
      }
      break;
    }
    case 'job-stopped':
      if (state.kind === 'cancelling') {
        const { startedAt, by } = state;
        return { kind: 'cancelled', startedAt, at: now, by, ...sourceOf(state) };
      }
      break;
  }
  return { refused: `a build that is ${state.kind} does not take the event ${event.kind}` };
}

function reportOf({ report }: { report?: JobReport }): { report?: JobReport } {
  return report === undefined ? {} : { report };
}

function sourceOf({ source }: { source?: string }): { source?: string } {
  return source === undefined ? {} : { source };
}

/** True when nothing will happen to the build any more. */
export function isFinal(state: BuildState): boolean {
  return state.kind === 'succeeded' || state.kind === 'failed' || state.kind === 'cancelled';
}

/** Built, but not good. */
export function testsFailed({ state }: Build): boolean {
  return state.kind === 'succeeded' && state.tests.status === 'FAILURE';
}
