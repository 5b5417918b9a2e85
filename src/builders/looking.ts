import { Retryable } from '../domain/errors.ts';
import type { ExecResult, Transport } from '../ports.ts';
import type { JobState, PreparedJob, Watched } from './scheduler.ts';
import { scripts, sh } from './scripts.ts';
import { type SmallFile, smallTar } from './small-tar.ts';

const OBSERVE_TIMEOUT_MS = 15_000;
/** Bytes of log for one job and look. */
const CHUNK_BYTES = 64 * 1024;

/**
 * What a launch reads: the source's archive, and then ours. Without ours, the last member above all, the launch knows
 * that it broke off.
 */
export async function* archives(job: PreparedJob, folder: string): AsyncGenerator<Buffer> {
  yield* await job.open();
  const runner: SmallFile[] = [
    { path: 'steps.sh', content: scripts.steps },
    { path: 'run.sh', content: scripts.run },
  ];
  const files = [...job.files, ...runner];
  yield smallTar(files.map(({ path, content }) => ({ path: `${folder}/${path}`, content })));
}

/** The output of a command that ended well. @throws Retryable when it did not */
export function succeeded(answer: ExecResult, node: string, what: string): string {
  if (answer.code === 0) return answer.stdout.toString('utf8');
  throw new Retryable(`${node} could not ${what} (code ${answer.code}): ${complaintOf(answer)}`);
}

/** What a command said before it failed; its end, where it said much. */
export function complaintOf(answer: ExecResult): string {
  return answer.stderr.toString('utf8').trim().slice(-1000);
}

/** What a job's directory says: `state` in the words of observe.sh, and the log. */
export interface Look {
  state: string;
  size: number;
  chunk: Buffer;
}

/** Looks at the directories of several jobs in one command; `logOf` is where the log is when the directory does not say. */
export async function lookAt(
  transport: Transport,
  node: string,
  jobs: readonly Watched[],
  logOf: (job: Watched) => string,
): Promise<Look[]> {
  const args = jobs.flatMap((job) => [job.directory, job.job, logOf(job), String(job.offset)]);
  const answer = await transport.exec(sh(scripts.observe, String(CHUNK_BYTES), ...args), {
    timeoutMs: OBSERVE_TIMEOUT_MS,
    maxOutputBytes: (jobs.length + 1) * CHUNK_BYTES * 2,
  });
  // Start-up files of a login shell may print, too: our lines are the last ones.
  const lines = succeeded(answer, node, 'look at its jobs')
    .split('\n')
    .slice(-jobs.length - 1, -1);
  const looks = lines.flatMap((line) => {
    const [, state = '', size, chunk = ''] = /^(.*) (\d+) ([A-Za-z0-9+/=]*)$/.exec(line) ?? [];
    return size === undefined ? [] : [{ state, size: Number(size), chunk: Buffer.from(chunk, 'base64') }];
  });
  if (looks.length !== jobs.length) throw new Retryable(`${node} answered in words that mean nothing`);
  return looks;
}

const LOST: Record<string, string> = {
  'lost:rebooted': 'the node was restarted while the job ran',
  'lost:gone': 'the job ended without leaving an exit status',
  stopped: 'the job was stopped',
};

/** How a job ended, from the first word and the rest of its exit file. */
export function parseState(text: string): JobState {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const detail = colon < 0 ? '' : text.slice(colon + 1);
  if (kind === 'running') return { kind };
  // Its machine would know; what it leaves in the folder we share says how it ended.
  if (kind === 'elsewhere') return { kind: 'running', presumed: true };
  if (kind === 'exited' && /^\d{1,3}$/.test(detail)) return { kind, code: Number(detail) };
  if (kind === 'timed-out' && /^\d{1,9}$/.test(detail)) return { kind, limitSeconds: Number(detail) };
  return { kind: 'lost', detail: LOST[text] ?? 'the exit status on the node cannot be read' };
}
