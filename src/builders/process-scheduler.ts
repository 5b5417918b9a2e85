import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { ExecResult, Transport } from '../ports.ts';
import type { JobState, Observation, PreparedJob, Scheduler, Watched } from './scheduler.ts';
import { scripts, sh } from './scripts.ts';
import { type SmallFile, smallTar } from './small-tar.ts';

/** Unpacking a source tree on a slow disk and starting it. */
const START_TIMEOUT_MS = 120_000;
const FIND_TIMEOUT_MS = 15_000;
/** TERM, the grace, KILL, and time for the kernel. */
const STOP_TIMEOUT_MS = 30_000;
const OBSERVE_TIMEOUT_MS = 15_000;
/** Bytes of log for one job and look. */
const CHUNK_BYTES = 64 * 1024;

/** Jobs as detached processes of a node; `node` is its name in messages. */
export function processScheduler(node: string, transport: Transport): Scheduler {
  const jobId = (buildId: number) => String(buildId);
  return {
    jobId,

    async start(job) {
      const nonce = randomBytes(16).toString('hex');
      const skip = job.skipTests ? 'yes' : 'no';
      const limit = String(job.limitSeconds);
      const params = [jobId(job.buildId), limit, job.mark, job.localTmp, job.siteScript, skip];
      const answer = await transport.exec(sh(scripts.launch, job.directory, nonce, ...params), {
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

    async stop(directory, mark) {
      const answer = await transport.exec(sh(scripts.stop, directory, mark), { timeoutMs: STOP_TIMEOUT_MS });
      return answer.code === 0;
    },

    async observe(jobs) {
      const args = jobs.flatMap(({ buildId, directory, job, offset }) => {
        return [directory, job, `${directory}/work/slurm-${jobId(buildId)}.out`, String(offset)];
      });
      const answer = await transport.exec(sh(scripts.observe, String(CHUNK_BYTES), ...args), {
        timeoutMs: OBSERVE_TIMEOUT_MS,
        maxOutputBytes: (jobs.length + 1) * CHUNK_BYTES * 2,
      });
      return parseObservations(succeeded(answer, node, 'look at its jobs'), jobs);
    },
  };
}

/** The source's archive, and then ours: without ours, the last member above all, the launch knows that it broke off. */
async function* archives(job: PreparedJob, folder: string): AsyncGenerator<Buffer> {
  yield* await job.open();
  const runner: SmallFile[] = [
    { path: 'steps.sh', content: scripts.steps },
    { path: 'run.sh', content: scripts.run },
  ];
  const files = [...job.files, ...runner];
  yield smallTar(files.map(({ path, content }) => ({ path: `${folder}/${path}`, content })));
}

function succeeded(answer: ExecResult, node: string, what: string): string {
  if (answer.code === 0) return answer.stdout.toString('utf8');
  const complaint = answer.stderr.toString('utf8').trim().slice(-1000);
  throw new Retryable(`${node} could not ${what} (code ${answer.code}): ${complaint}`);
}

/** Start-up files of a login shell may print, too: our line is the last one. */
function parseHandle(stdout: string): string | null {
  return /^handle (\d+:\d+:[0-9a-f-]+)\n$/m.exec(`${stdout.trimEnd()}\n`)?.[1] ?? null;
}

function parseObservations(stdout: string, jobs: readonly Watched[]): Observation[] {
  const lines = stdout.split('\n').slice(-jobs.length - 1, -1);
  const observations = lines.flatMap((line) => {
    const [, state = '', size, chunk = ''] = /^(.*) (\d+) ([A-Za-z0-9+/=]*)$/.exec(line) ?? [];
    return size === undefined
      ? []
      : [{ state: parseState(state), size: Number(size), chunk: Buffer.from(chunk, 'base64') }];
  });
  if (observations.length !== jobs.length) throw new Retryable('a node answered in words that mean nothing');
  return observations;
}

function parseState(text: string): JobState {
  const [kind, detail = ''] = text.split(':');
  if (kind === 'running') return { kind };
  if (kind === 'exited' && /^\d{1,3}$/.test(detail)) return { kind, code: Number(detail) };
  if (kind === 'timed-out' && /^\d{1,9}$/.test(detail)) return { kind, limitSeconds: Number(detail) };
  return { kind: 'lost', detail: LOST[text] ?? 'the exit status on the node cannot be read' };
}

const LOST: Record<string, string> = {
  'lost:rebooted': 'the node was restarted while the job ran',
  'lost:gone': 'the job ended without leaving an exit status',
  stopped: 'the job was stopped',
};
