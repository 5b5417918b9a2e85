import { Retryable } from '../domain/errors.ts';
import type { Deliveries, Job, Log, NewDelivery, Queue } from '../ports.ts';
import { inTime, together } from './together.ts';

/** Below the 10 s after which GitHub gives up: a delivery that may not be recorded must be one that failed. */
const ANSWER_TIMEOUT_MS = 8_000;
/** How long the next group waits for a commit, and for a step into the queue. */
const STEP_TIMEOUT_MS = 4_000;
/** What goes into one commit; a webhook that is larger has one for itself. */
const MOST_ROWS = 100;
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** Commits whose rows go into the queue in one step. */
const MOST_COMMITS = 5;
/** Webhooks that are queued in one step become so many jobs at least, which are worked on at the same time … */
const LEAST_JOBS = 4;
/** … and a job has so many of them at most: those behind wait for the first. */
const MOST_IN_JOB = 8;
/** While one commit waits for the disk the next is written. */
const COMMITS_AT_ONCE = 2;

export interface IntakeOptions {
  records: { deliveries: Pick<Deliveries, 'recordAll'> };
  queue: Pick<Queue, 'addAll'>;
  log: Log;
}

/** Takes a webhook in: resolves when its row is there for good, rejects when it may not be. */
export type Intake = (delivery: NewDelivery) => Promise<void>;

/** A webhook whose sender waits for an answer. */
interface Waiting {
  delivery: NewDelivery;
  taken: PromiseWithResolvers<void>;
  /** The answer was given already: it took too long. */
  late: boolean;
}

/**
 * One commit for many: webhooks that come while rows are being written are written together after that. Nobody is answered
 * before the commit that has his row, and a row that cannot be written fails no other.
 */
export function openIntake({ records, queue, log }: IntakeOptions): Intake {
  const record = together<Waiting>({
    atOnce: COMMITS_AT_ONCE,
    timeoutMs: STEP_TIMEOUT_MS,
    groupOf: fitting,
    work: (group) => commit(group.filter(({ late }) => !late)),
  });
  const enqueue = together<ReadonlySet<string>>({
    atOnce: 1,
    timeoutMs: STEP_TIMEOUT_MS,
    groupOf: ({ length }) => Math.min(length, MOST_COMMITS),
    work: (recorded) => addJobs(recorded.flatMap((guids) => [...guids])),
  });

  async function commit(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return;
    try {
      const fresh = await records.deliveries.recordAll(group.map(({ delivery }) => delivery));
      if (fresh.size > 0) void enqueue(fresh);
      for (const { taken } of group) taken.resolve();
    } catch (error) {
      if (group.length > 1 && !(error instanceof Retryable)) {
        // It is one of them; the others find out each for itself.
        for (const one of group) await commit([one]);
        return;
      }
      for (const { taken } of group) taken.reject(error);
    }
  }

  /** Nobody waits for it, as their rows are there: should it fail, or the process die before it, the reconciler queues them again. */
  async function addJobs(guids: readonly string[]): Promise<void> {
    const adding = queue.addAll(jobsOf(guids));
    await inTime(adding, STEP_TIMEOUT_MS).catch((error) =>
      log.warn({ guids, error }, 'Deliveries are recorded but could not be queued'),
    );
  }

  return async (delivery) => {
    const one: Waiting = { delivery, taken: Promise.withResolvers(), late: false };
    void record(one);
    await inTime(one.taken.promise, ANSWER_TIMEOUT_MS).catch((error) => {
      one.late = true;
      throw error;
    });
  };
}

/** How many of them, from the front, fit into one commit. */
function fitting(waiting: readonly Waiting[]): number {
  let characters = 0;
  const end = waiting.findIndex(({ delivery }, index) => {
    characters += delivery.body.length;
    return index > 0 && (index === MOST_ROWS || characters > MOST_CHARACTERS);
  });
  return end < 0 ? waiting.length : end;
}

/** A job for each where they are few: what a job costs in the queue is as much as the row, and many share it. */
function jobsOf(guids: readonly string[]): Job[] {
  const size = Math.min(MOST_IN_JOB, Math.ceil(guids.length / LEAST_JOBS));
  const jobs: Job[] = [];
  for (let from = 0; from < guids.length; from += size) {
    const [guid = '', ...others] = guids.slice(from, from + size);
    jobs.push(
      others.length === 0 ? { kind: 'delivery', guid } : { kind: 'deliveries', guids: [guid, ...others] },
    );
  }
  return jobs;
}
