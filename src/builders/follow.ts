import { setTimeout as delay } from 'node:timers/promises';
import { Permanent } from '../domain/errors.ts';
import type { Clock, JobListener, Log, Seen } from '../ports.ts';
import type { Observation, Scheduler, Watched } from './scheduler.ts';

/** Between two tries at a node, or a listener, that fails: doubled from the first to the last. */
const RETRY_MS = { first: 500, last: 15_000 };
/** The more jobs are followed on all nodes together, the rarer are the looks: so much for each job, up to the longest. */
const CROWD_MS = { each: 1.5, longest: 1_500 };

/** Told, where there is such a method, why a job has not started yet, in words; null: it has, or the reason is gone. */
export interface WaitingListener {
  waiting?(buildId: number, reason: string | null): Promise<void>;
}

export interface FollowerOptions {
  /** Name of the node, for the log. */
  node: string;
  scheduler: Scheduler;
  listener: JobListener & WaitingListener;
  log: Log;
  clock: Clock;
  /** A log is told up to here, then a note; the rest stays on the node. */
  logLimitBytes: number;
  /** How many jobs are followed on all nodes together. */
  crowd(): number;
}

interface Followed extends Watched {
  /** The listener is being told of this job. */
  busy: boolean;
  /** How often in a row the listener failed. */
  failures: number;
  /** Why it waits, as the listener knows. */
  waiting: string | null;
  seen: Seen;
}

/**
 * Follows all jobs of one node, with one command for each look. What a network does is never an end: while the node
 * does not answer nothing is told.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #jobs = new Map<number, Followed>();
  readonly #closing = new AbortController();
  readonly #telling = new Set<Promise<void>>();
  #looking = false;
  #wake = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Follows a job until its end was told; a second call for a build that is followed does nothing. */
  follow(job: Watched): void {
    if (this.#closing.signal.aborted || this.#jobs.has(job.buildId)) return;
    const seen = { heardAt: this.#options.clock.now(), ranAt: null };
    this.#jobs.set(job.buildId, { ...job, busy: false, failures: 0, waiting: null, seen });
    this.#wake.abort();
    if (!this.#looking) void this.#run();
  }

  /** When a job was heard of; null when it is not followed. */
  seen(buildId: number): Seen | null {
    return this.#jobs.get(buildId)?.seen ?? null;
  }

  /** How many jobs it follows. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Looks no more, and waits for the listener to finish what it was told last. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    await Promise.all([...this.#telling]);
  }

  async #run(): Promise<void> {
    const { node, log, clock } = this.#options;
    let failures = 0;
    let since = 0;
    this.#looking = true;
    while (this.#jobs.size > 0 && !this.#closing.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#look();
        if (failures > 0) log.info({ node, silentMs: clock.now() - since }, 'build node answers again');
        failures = 0;
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        if (failures === 0) {
          since = clock.now();
          const fields = { node, error: String(error), jobs: this.#jobs.size };
          if (error instanceof Permanent)
            log.error(fields, 'build node refuses us; its jobs are not followed now');
          else log.warn(fields, 'build node does not answer; its jobs are followed again when it does');
        }
        failures += 1;
      }
      await pause(failures === 0 ? this.#interval() : backOff(failures), [
        this.#wake.signal,
        this.#closing.signal,
      ]);
    }
    this.#looking = false;
  }

  #interval(): number {
    const { scheduler, crowd } = this.#options;
    return Math.max(scheduler.intervalMs, Math.min(CROWD_MS.longest, crowd() * CROWD_MS.each));
  }

  async #look(): Promise<void> {
    const jobs = [...this.#jobs.values()].filter((job) => !job.busy);
    if (jobs.length === 0) return;
    const observations = await this.#options.scheduler.observe(jobs.map((job) => this.#question(job)));
    if (this.#closing.signal.aborted) return;
    jobs.forEach((job, index) => {
      const observation = observations[index];
      if (observation === undefined) return;
      this.#hear(job, observation);
      const telling = this.#tell(job, observation).finally(() => this.#telling.delete(telling));
      this.#telling.add(telling);
    });
  }

  #question(job: Followed): Watched {
    return this.#isFull(job) ? { ...job, offset: Number.MAX_SAFE_INTEGER } : job;
  }

  #isFull(job: Followed): boolean {
    return job.offset >= this.#options.logLimitBytes;
  }

  #hear(job: Followed, { state }: Observation): void {
    if (state.kind === 'running' && state.presumed) return;
    const heardAt = this.#options.clock.now();
    const waits = state.kind === 'running' && typeof state.waiting === 'string';
    job.seen = { heardAt, ranAt: waits ? null : (job.seen.ranAt ?? heardAt) };
  }

  /** Tells the listener what was seen: the log first, the end when there is no more of it. */
  async #tell(job: Followed, { state, size, chunk }: Observation): Promise<void> {
    const { listener, log } = this.#options;
    job.busy = true;
    try {
      if (chunk.length > 0) {
        const told = this.#cut(job.offset, chunk);
        await listener.log(job.buildId, job.offset, told);
        job.offset += told.length;
      }
      if (state.kind === 'running' && state.waiting !== undefined && state.waiting !== job.waiting) {
        await listener.waiting?.(job.buildId, state.waiting);
        job.waiting = state.waiting;
      }
      const complete = job.offset >= size || this.#isFull(job);
      if (complete && state.kind !== 'running') {
        await listener.ended(job.buildId, state);
        this.#jobs.delete(job.buildId);
      }
      job.failures = 0;
      if (!complete) this.#wake.abort();
    } catch (error) {
      // The same bytes, or the same end, are told again.
      job.failures += 1;
      log.error(
        { buildId: job.buildId, error: String(error), failures: job.failures },
        'news of a job were not taken',
      );
      await pause(backOff(job.failures), [this.#closing.signal]);
    } finally {
      job.busy = false;
    }
  }

  #cut(offset: number, chunk: Buffer): Buffer {
    const limit = this.#options.logLimitBytes;
    if (offset + chunk.length <= limit) return chunk;
    const note = `\n[stratobot: the log is longer than ${limit} bytes, the rest is on the build node]\n`;
    return Buffer.concat([chunk.subarray(0, limit - offset), Buffer.from(note)]);
  }
}

/** Doubles, with a random part so that many nodes are not asked all at once. */
function backOff(failures: number): number {
  const longest = Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** (failures - 1));
  return longest * (0.5 + Math.random() / 2);
}

async function pause(ms: number, signals: AbortSignal[]): Promise<void> {
  await delay(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
}
