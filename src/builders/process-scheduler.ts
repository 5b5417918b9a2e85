import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Permanent } from '../domain/errors.ts';
import type { Transport } from '../ports.ts';
import { archives, lookAt, parseState, succeeded } from './looking.ts';
import type { Scheduler } from './scheduler.ts';
import { scripts, sh } from './scripts.ts';

/** Unpacking a source tree on a slow disk and starting it. */
const START_TIMEOUT_MS = 120_000;
const FIND_TIMEOUT_MS = 15_000;
/** TERM, the grace, KILL, and time for the kernel. */
const STOP_TIMEOUT_MS = 30_000;
/** Between two looks at the jobs. */
const INTERVAL_MS = 400;

export interface ProcessOptions {
  /** Added to the niceness of jobs, 0 to 19, so that others on the node are served first; of the disk, too. Default 0. */
  nice?: number;
  /** Priority of jobs at the disk, 0 (first) to 7 (last), class best-effort of ionice(1). Default: what `nice` makes of it. */
  ionice?: number;
  /** A job and all it starts may use so much memory, where the account may use systemd-run; a job's log says where it may not. */
  memoryBytes?: number;
}

/** Jobs as detached processes of a node; `node` is its name in messages. */
export function processScheduler(
  node: string,
  transport: Transport,
  { nice = 0, ionice, memoryBytes }: ProcessOptions = {},
): Scheduler {
  const jobId = (buildId: number) => String(buildId);
  return {
    intervalMs: INTERVAL_MS,
    jobId,

    async start(job) {
      const nonce = randomBytes(16).toString('hex');
      const skip = job.skipTests ? 'yes' : 'no';
      const limit = String(job.limitSeconds);
      const priority = [String(nice), String(ionice ?? '')];
      const memory = String(memoryBytes ?? '');
      const params = [jobId(job.buildId), limit, job.localTmp, job.siteScript, skip, memory];
      const answer = await transport.exec(sh(scripts.launch, job.directory, nonce, ...priority, ...params), {
        timeoutMs: START_TIMEOUT_MS,
        stdin: Readable.from(archives(job, `.stratobot-${nonce}`), { objectMode: false }),
      });
      const handle = parseHandle(succeeded(answer, node, 'start a job'));
      if (handle === null)
        throw new Permanent(`build ${job.buildId} was stopped on ${node} before it started`);
      return handle;
    },

    async find(directory) {
      const answer = await transport.exec(sh(scripts.find, directory), { timeoutMs: FIND_TIMEOUT_MS });
      return parseHandle(succeeded(answer, node, 'look for a job'));
    },

    async stop(directory) {
      const answer = await transport.exec(sh(scripts.stop, directory), { timeoutMs: STOP_TIMEOUT_MS });
      return answer.code === 0;
    },

    async observe(jobs) {
      const logOf = (job: (typeof jobs)[number]) => `${job.directory}/work/slurm-${jobId(job.buildId)}.out`;
      const looks = await lookAt(transport, node, jobs, logOf);
      return looks.map(({ state, size, chunk }) => ({ state: parseState(state), size, chunk }));
    },
  };
}

/** Start-up files of a login shell may print, too: our line is the last one. */
function parseHandle(stdout: string): string | null {
  return /^handle (\d+:\d+:[0-9a-f-]+)\n$/m.exec(`${stdout.trimEnd()}\n`)?.[1] ?? null;
}
