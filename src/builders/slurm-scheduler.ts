import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Permanent } from '../domain/errors.ts';
import type { Log, Transport } from '../ports.ts';
import { archives, complaintOf, type Look, lookAt, parseState, succeeded } from './looking.ts';
import type { JobState, Observation, Scheduler, Watched } from './scheduler.ts';
import { scripts, sh } from './scripts.ts';
import { SlurmEndings } from './slurm-endings.ts';
import { SlurmQueue, type Snapshot, theJob } from './slurm-queue.ts';
import { hasEnded, slurmEnd, slurmWait } from './slurm-states.ts';
import { refusal, sbatchOptions } from './slurm-submit.ts';

/** Unpacking a source tree on a slow disk, waiting for the lock of another command (60 s), and an sbatch that gives up. */
const START_TIMEOUT_MS = 240_000;
/** The lock of another command, and squeue. */
const FIND_TIMEOUT_MS = 150_000;
/** The lock, and a minute for scancel to be obeyed: Slurm's KillWait is 30 s. */
const STOP_TIMEOUT_MS = 240_000;
/** Between two looks at the jobs' directories. */
const INTERVAL_MS = 1_000;
/** Between two questions to Slurm, while something moves. */
const SQUEUE_INTERVAL_MS = 2_000;
/** An answer of Slurm that is older says nothing any more. */
const SILENT_MS = 5 * 60_000;

export interface SlurmOptions {
  /** Options of sbatch, one argument each: `--partition=zen2`, `--mem=16G`. */
  options: readonly string[];
  /** Between two questions to Slurm while something moves, in ms; default 2,000. Fifteen times that when nothing does. */
  squeueIntervalMs?: number;
}

/**
 * Jobs of Slurm, submitted on a login node that shares the jobs' folder with the compute nodes. A job's directory says
 * how it ended; Slurm is asked what the directory cannot say: why a job waits, and what became of one that left no word.
 * @throws Permanent for options that Stratobot must set itself
 */
export function slurmScheduler(node: string, transport: Transport, log: Log, slurm: SlurmOptions): Scheduler {
  const options = sbatchOptions(slurm.options);
  const { squeueIntervalMs: intervalMs = SQUEUE_INTERVAL_MS } = slurm;
  const queue = new SlurmQueue({ node, transport, log, intervalMs });
  const endings = new SlurmEndings({ node, transport, log });

  /** A job whose directory has no end yet: what Slurm says of it; an end is written into the directory. */
  function judge(job: Watched, look: Look, snapshot: Snapshot | null): JobState {
    if (snapshot === null || !snapshot.names.has(basename(job.directory))) {
      queue.hurry();
      return { kind: 'running', presumed: true };
    }
    const presumed = performance.now() - snapshot.at > SILENT_MS;
    const queued = theJob(snapshot.jobs.get(`${job.directory}/work`) ?? []);
    const state = queued?.state ?? null;
    if (endings.isAtHand(job, state)) {
      queue.hurry();
      endings.conclude(job, look, state);
    }
    if (queued === null || hasEnded(queued.state)) return { kind: 'running', presumed };
    if (queued.state !== 'PENDING') return { kind: 'running', waiting: null, presumed };
    const { sentence, never } = slurmWait(queued.reason);
    if (never && look.state === 'waiting') endings.callOff(job, queued.reason);
    return { kind: 'running', waiting: sentence, presumed };
  }

  function observed(job: Watched, look: Look, snapshot: Snapshot | null): Observation {
    const { state, size, chunk } = look;
    if (OPEN.has(state)) return { state: judge(job, look, snapshot), size, chunk };
    endings.forget(job);
    return { state: parseSlurmState(state), size, chunk };
  }

  return {
    intervalMs: INTERVAL_MS,
    jobId: (_buildId, job) => job.split(':')[1] ?? '',

    async start(job) {
      const nonce = randomBytes(16).toString('hex');
      const skip = job.skipTests ? 'yes' : 'no';
      const params = [job.mark, String(job.limitSeconds), job.localTmp, job.siteScript, skip, ...options];
      const answer = await transport.exec(sh(scripts.slurm.launch, job.directory, nonce, ...params), {
        timeoutMs: START_TIMEOUT_MS,
        stdin: Readable.from(archives(job, `.stratobot-${nonce}`), { objectMode: false }),
      });
      if (answer.code === 65) throw refusal(node, complaintOf(answer));
      const handle = parseHandle(succeeded(answer, node, 'submit a job'));
      if (handle === null)
        throw new Permanent(`build ${job.buildId} was stopped on ${node} before it started`);
      queue.hurry();
      return handle;
    },

    async find(directory, mark) {
      const answer = await transport.exec(sh(scripts.slurm.find, directory, mark), {
        timeoutMs: FIND_TIMEOUT_MS,
      });
      return parseHandle(succeeded(answer, node, 'look for a job'));
    },

    async stop(directory, mark) {
      queue.hurry();
      const argv = sh(scripts.slurm.stop, directory, mark);
      const answer = await transport.exec(argv, { timeoutMs: STOP_TIMEOUT_MS });
      if (answer.code !== 0)
        log.warn({ node, mark, complaint: complaintOf(answer) }, 'Slurm did not end a job');
      return answer.code === 0;
    },

    async observe(jobs) {
      const snapshot = queue.latest(jobs.map((job) => basename(job.directory)));
      // After Slurm's answer: what a job wrote before Slurm saw it end is there now.
      const looks = await lookAt(transport, node, jobs, () => '/dev/null');
      return looks.flatMap((look, index) => {
        const job = jobs[index];
        return job === undefined ? [] : [observed(job, look, snapshot)];
      });
    },
  };
}

/** What observe.sh says of a job of Slurm that has no end yet. */
const OPEN = new Set(['waiting', 'running', 'again']);

function parseHandle(stdout: string): string | null {
  return /^handle (slurm:\d+:\d+)\n$/m.exec(`${stdout.trimEnd()}\n`)?.[1] ?? null;
}

/** `exited:0`, `slurm:NODE_FAIL`, `slurm:CANCELLED by 0`, `slurm:NEVER PartitionTimeLimit`. */
function parseSlurmState(text: string): JobState {
  const [, word = '', detail = ''] = /^slurm:(\S+) ?(.*)$/.exec(text) ?? [];
  if (word === '') return parseState(text);
  if (word === 'NEVER') {
    return {
      kind: 'lost',
      cause: 'configuration',
      detail: `Slurm would never start it: ${slurmWait(detail).sentence}`,
    };
  }
  const { cause, sentence } = slurmEnd(word, detail);
  return { kind: 'lost', cause, detail: sentence };
}
