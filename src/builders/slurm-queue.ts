import { Retryable } from '../domain/errors.ts';
import type { Log, Transport } from '../ports.ts';
import { succeeded } from './looking.ts';
import { scripts, sh } from './scripts.ts';
import { hasEnded } from './slurm-states.ts';

/** squeue gives up by itself after 18 s when the controller does not answer, later where a site's MessageTimeout says so. */
const SQUEUE_TIMEOUT_MS = 60_000;
/** The longest interval, as a multiple of the shortest: while nothing moves Slurm is asked ever less often. */
const SLOWEST = 15;

/** A job as squeue shows it. */
export interface QueuedJob {
  id: string;
  /** PENDING, RUNNING, TIMEOUT … */
  state: string;
  /** Why it waits. */
  reason: string;
}

/** One answer of squeue. */
export interface Snapshot {
  /** When it came, ms of performance.now(). */
  at: number;
  /** Which jobs it was asked for, all of them submitted before: one that is not in the answer is gone. */
  names: ReadonlySet<string>;
  /** Jobs by working directory, the newest last. */
  jobs: ReadonlyMap<string, readonly QueuedJob[]>;
}

export interface SlurmQueueOptions {
  /** Name of the login node, for messages. */
  node: string;
  transport: Transport;
  log: Log;
  /** Between two questions while something moves. */
  intervalMs: number;
}

/**
 * One squeue for all jobs of a login node. Asking takes its time and may fail; whoever looks meanwhile gets the last
 * answer.
 */
export class SlurmQueue {
  readonly #options: SlurmQueueOptions;
  #last: Snapshot | null = null;
  #text = '';
  #asking: Promise<void> | null = null;
  #askAgainAt = 0;
  #interval: number;
  #failures = 0;

  constructor(options: SlurmQueueOptions) {
    this.#options = options;
    this.#interval = options.intervalMs;
  }

  /** The last answer; asks anew for the jobs of these names, in the background, when it is time. */
  latest(names: readonly string[]): Snapshot | null {
    if (this.#asking === null && performance.now() >= this.#askAgainAt) {
      this.#asking = this.#ask(names).finally(() => {
        this.#asking = null;
        this.#askAgainAt = performance.now() + this.#interval;
      });
    }
    return this.#last;
  }

  /** Something is about to change: ask soon, and often. */
  hurry(): void {
    this.#interval = this.#options.intervalMs;
    this.#askAgainAt = Math.min(this.#askAgainAt, performance.now() + this.#interval);
  }

  async #ask(names: readonly string[]): Promise<void> {
    const { node, transport, log, intervalMs } = this.#options;
    try {
      const answer = await transport.exec(sh(scripts.slurm.queue, names.join(',')), {
        timeoutMs: SQUEUE_TIMEOUT_MS,
        maxOutputBytes: 16 * 1024 * 1024,
      });
      const text = succeeded(answer, node, 'ask Slurm for its jobs');
      this.#last = { at: performance.now(), names: new Set(names), jobs: parseQueue(text) };
      if (this.#failures > 0) log.info({ node }, 'Slurm answers again');
      this.#failures = 0;
      this.#interval = text === this.#text ? Math.min(this.#interval * 2, intervalMs * SLOWEST) : intervalMs;
      this.#text = text;
    } catch (error) {
      if (this.#failures === 0) {
        const fields = { node, error: String(error), temporary: error instanceof Retryable };
        log.warn(fields, 'Slurm does not answer; nothing is concluded about its jobs until it does');
      }
      this.#failures += 1;
    }
  }
}

/** Reads `ID|STATE|SUBMITTED|REASON|WORKING DIRECTORY` lines; others, of a login shell's start-up files, are left out. */
export function parseQueue(text: string): Map<string, QueuedJob[]> {
  const jobs = new Map<string, QueuedJob[]>();
  for (const line of text.split('\n')) {
    const [, id = '', state = '', reason = '', directory] =
      /^(\d+)\|([A-Z_]+)\|[^|]*\|(.*?)\|(\/.*)$/.exec(line) ?? [];
    if (directory === undefined) continue;
    jobs.set(directory, [...(jobs.get(directory) ?? []), { id, state, reason }]);
  }
  for (const list of jobs.values()) list.sort((one, other) => Number(one.id) - Number(other.id));
  return jobs;
}

/** Of the jobs of one build the one that counts: one that may still run, or else the newest. */
export function theJob(jobs: readonly QueuedJob[]): QueuedJob | null {
  return jobs.findLast((job) => !hasEnded(job.state)) ?? jobs.at(-1) ?? null;
}
