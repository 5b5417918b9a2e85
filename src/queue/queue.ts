import { randomUUID } from 'node:crypto';
import {
  type BackendFactory,
  type Job as BullJob,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type JobsOptions,
  UnrecoverableError,
  withBackend,
} from 'bullmq';
import { Retryable } from '../domain/errors.ts';
import type { Log } from '../ports/basics.ts';
import type { Job, Queue } from '../ports/queue.ts';
import { inTurn } from './in-turn.ts';
import { jobSchema, keyOf } from './jobs.ts';
import { postgresConnections } from './postgres.ts';
import { quietly } from './quietly.ts';
import { watchForRecovery } from './recovery.ts';
import { RETRYABLE_TRIES, waitBeforeRetry } from './retry.ts';

const NAME = 'stratobot';
const CONCURRENCY = 16;
/** How long drain() waits for jobs that run; those that still do are put back for the next start. */
const DRAIN_TIMEOUT_MS = 20_000;
/** How long the server may take to answer; Redis is waited for without end otherwise. */
const ANSWER_TIMEOUT_MS = 15_000;
/** How long the goodbye to the server may take after that. */
const GOODBYE_TIMEOUT_MS = 5_000;
/** A worker that died is noticed after the lock of its job has run out, at the next look. */
const LOCK_MS = 20_000;
const STALLED_LOOK_MS = 10_000;
/** How often a job may lose its worker before it is given up. */
const STALLED_TRIES = 5;
/** How long the worker waits after a refused connection. */
const RECONNECT_MS = 1_000;
/** BullMQ's own events; nobody reads them. */
const EVENTS_KEPT = 100;

/** What is done once, by add() and by retries alike. Nothing is kept: the rows know what happened. */
const JOB_OPTIONS = {
  attempts: RETRYABLE_TRIES,
  backoff: { type: 'by-error' },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 0,
} satisfies JobsOptions;

export interface OpenQueue {
  queue: Queue;
  /** Starts to work: every job is given to `handle`, equal ones one after the other. Call it once. */
  work(handle: (job: Job) => Promise<void>): Promise<void>;
  /**
   * Takes no more jobs and waits for those that run, at most `drainTimeoutMs` (20 s); what still runs then is put back.
   * Jobs can be added on.
   */
  drain(options?: { drainTimeoutMs?: number }): Promise<void>;
  /** Drains, and says goodbye to the server. */
  close(options?: { drainTimeoutMs?: number }): Promise<void>;
}

interface QueueOptions {
  databaseUrl: string;
  /** Redis instead of PostgreSQL. */
  redisUrl?: string;
  log: Log;
  /** Jobs at a time. */
  concurrency?: number;
  /** The server is back after trouble, or the queue after somebody wiped it: jobs may be missing. */
  onReturn?: () => void;
}

/**
 * Opens the queue, in schema `bullmq` of the database or in Redis.
 * @throws Retryable when the server cannot be reached, here, in add() and in work()
 */
export function openQueue(options: QueueOptions): Promise<OpenQueue> {
  if (options.redisUrl === undefined) {
    return open(createPostgresBackend, options, postgresConnections(options.databaseUrl));
  }
  const url = options.redisUrl;
  return open(createRedisBackend, options, {
    // add() answers in seconds when Redis is away; the worker waits for it.
    producer: { url, maxRetriesPerRequest: 3 },
    worker: { url, maxRetriesPerRequest: null },
    close: async () => undefined,
  });
}

async function open<B extends IQueueBackend, C>(
  factory: BackendFactory<B, C>,
  { log, concurrency = CONCURRENCY, onReturn = () => undefined }: QueueOptions,
  connections: { producer: C; worker: C; close(): Promise<void> },
): Promise<OpenQueue> {
  const bull = withBackend(factory);
  const producer = () =>
    new bull.Queue<Job>(NAME, {
      connection: connections.producer,
      defaultJobOptions: JOB_OPTIONS,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
  // A newcomer brings its tables along, where somebody dropped them.
  const recovery = watchForRecovery(async () => {
    const newcomer = producer();
    newcomer.on('error', () => undefined);
    await reached(newcomer.waitUntilReady()).finally(() => within(GOODBYE_TIMEOUT_MS, newcomer.close()));
  }, onReturn);
  const troubled = (message: string) => {
    const tell = quietly(log, message);
    return (error: Error) => {
      tell(error);
      recovery.trouble();
    };
  };
  const queue = producer();
  queue.on('error', troubled('the queue has trouble with its connection'));
  // Redis is reached again without a word; what it kept in memory may be gone.
  queue.on('ioredis:close', recovery.trouble);
  await reached(queue.waitUntilReady()).catch(async (error) => {
    await within(GOODBYE_TIMEOUT_MS, queue.close().finally(connections.close));
    throw error;
  });

  /**
   * Equal jobs are one among those of this process: a job in the hands of a process that died stands for nothing, though
   * the queue notices its death only after LOCK_MS.
   */
  const run = randomUUID();
  const standsFor = (job: Job) => `${run} ${keyOf(job)}`;

  /** What is being added. */
  const underWay = new Set<Promise<unknown>>();
  async function taken(adding: Promise<unknown>): Promise<void> {
    const answer = reached(adding);
    underWay.add(answer);
    await answer
      .catch((error) => {
        recovery.trouble();
        throw error;
      })
      .finally(() => underWay.delete(answer));
  }

  /** Not everybody waits for what he adds. */
  async function allTaken(): Promise<void> {
    while (underWay.size > 0) {
      await Promise.allSettled(underWay);
      // Whoever adds one after the other has had his turn.
      await new Promise(setImmediate);
    }
  }

  /** Rejected when drain() waits no longer: the jobs that run are put back. */
  const patience = Promise.withResolvers<never>();
  patience.promise.catch(() => undefined);
  let worker: InstanceType<typeof bull.Worker<Job>> | null = null;
  let drained: Promise<void> | null = null;
  return {
    queue: {
      async add(job, { delayMs = 0 } = {}) {
        const key = standsFor(job);
        const adding =
          delayMs <= 0
            ? queue.add(job.kind, job, { deduplication: { id: key } })
            : addDelayed(job, key, Math.ceil(delayMs));
        await taken(adding);
      },
      async addAll(jobs) {
        const bulk = jobs.map((job) => ({
          name: job.kind,
          data: job,
          opts: { deduplication: { id: standsFor(job) } },
        }));
        if (bulk.length > 0) await taken(queue.addBulk(bulk));
      },
    },
    async work(handle) {
      if (worker) throw new Error('the queue has a worker already');
      worker = new bull.Worker<Job>(NAME, processor(handle, patience.promise), {
        connection: connections.worker,
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_LOOK_MS,
        maxStalledCount: STALLED_TRIES,
        runRetryDelay: RECONNECT_MS,
        settings: {
          // BullMQ takes -1 for "no more".
          backoffStrategy: (triesMade, _type, error) => waitBeforeRetry(error, triesMade) ?? -1,
        },
      });
      worker.on('error', troubled('the worker has trouble with its connection'));
      worker.on('failed', (job, error) => tellFailure(log, job, error));
      await reached(worker.waitUntilReady());
    },
    drain,
    async close(options) {
      await drain(options);
      recovery.close();
      await within(ANSWER_TIMEOUT_MS, allTaken());
      await within(GOODBYE_TIMEOUT_MS, queue.close().finally(connections.close));
    },
  };

  function drain({ drainTimeoutMs = DRAIN_TIMEOUT_MS } = {}): Promise<void> {
    drained ??= (async () => {
      if (worker === null) return;
      const closed = worker.close();
      if (await within(drainTimeoutMs, closed)) return;
      log.warn({ drainTimeoutMs }, 'jobs were still running when the queue was closed');
      patience.reject(new Retryable('the queue was closed while the job was running'));
      await within(GOODBYE_TIMEOUT_MS, closed);
    })();
    return drained;
  }

  /**
   * Equal delayed jobs are one as well, unless the one that waits would come later than this one: then this one takes
   * its place. They never stand for a job without delay.
   */
  async function addDelayed(job: Job, key: string, delay: number): Promise<void> {
    const deduplication = { id: `${key} later` };
    const jobId = randomUUID();
    const due = Date.now() + delay;
    const added = await queue.add(job.kind, job, { delay, deduplication, jobId });
    if (added.id === jobId || added.id === undefined) return;
    const waiting = await queue.getJob(added.id);
    if (!waiting || waiting.timestamp + waiting.delay <= due) return;
    await queue.add(job.kind, job, { delay, deduplication: { ...deduplication, replace: true } });
  }
}

/**
 * A job stops standing for equal ones before it is handled: one that is added from then on runs afterwards, because
 * what it is about may have changed after the handler looked.
 */
function processor(
  handle: (job: Job) => Promise<void>,
  patience: Promise<never>,
): (job: BullJob<Job>) => Promise<void> {
  const turn = inTurn();
  return async (queued) => {
    const job = jobSchema.safeParse(queued.data);
    if (!job.success) throw new UnrecoverableError(`not a job: ${job.error.message}`);
    const work = turn(keyOf(job.data), async () => {
      await queued.removeDeduplicationKey();
      await handle(job.data);
    });
    await Promise.race([work, patience]);
  };
}

function tellFailure(
  log: Log,
  job: { data: unknown; attemptsMade: number; finishedOn?: number } | undefined,
  err: Error,
) {
  const fields = { err, job: job?.data, tries: job?.attemptsMade };
  if (job && job.finishedOn === undefined) log.warn(fields, 'a job failed and will be tried again');
  else log.error(fields, 'a job failed and is given up until the reconciler finds it again');
}

/** The answer of the server, or a Retryable when it fails or takes too long. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    if (await within(ANSWER_TIMEOUT_MS, answer)) return await answer;
    throw new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`);
  } catch (cause) {
    throw new Retryable(`the queue does not answer: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** Whether it ended in time, with an error or without. */
async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}
