import type { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { JobResults, Transport } from '../ports.ts';
import { succeeded } from './looking.ts';
import { scripts, sh } from './scripts.ts';

const RESULTS_TIMEOUT_MS = 30_000;
/** A tarball of tens of gigabytes over a slow line. */
const ARTIFACT_TIMEOUT_MS = 6 * 3_600_000;
/** More of a result file is not read: what it says fits into a comment many times. */
const RESULT_BYTES = 1024 * 1024;
const TAIL_BYTES = 16 * 1024;
/** What measure.sh ends with when there is no such file. */
const NO_FILE = 66;
const OUTPUT_BYTES_PER_PART = 200;
const ARTIFACT_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$/;

/** The steps of a job, in their order. */
const STEPS = ['build', 'check-build', 'test', 'check-test'];

/** Reads what a job left in its directory; everything in there was written by the pull request's code. */
export async function readResults(
  transport: Transport,
  directory: string,
  jobId: string,
): Promise<JobResults> {
  const argv = sh(scripts.results, directory, jobId, String(RESULT_BYTES), String(TAIL_BYTES));
  const limits = { timeoutMs: RESULTS_TIMEOUT_MS, maxOutputBytes: 6 * RESULT_BYTES };
  const { code, stdout, stderr } = await transport.exec(argv, limits);
  if (code !== 0)
    throw new Retryable(`the results cannot be read (code ${code}): ${stderr.toString('utf8')}`);
  const found = new Map<string, string>();
  for (const line of stdout.toString('latin1').split('\n')) {
    const [, name, content] = /^(result|test|steps|log) ([A-Za-z0-9+/=]*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Buffer.from(content ?? '', 'base64').toString('utf8'));
  }
  return {
    result: found.get('result') ?? null,
    test: found.get('test') ?? null,
    steps: parseSteps(found.get('steps') ?? ''),
    logTail: found.get('log') ?? '',
  };
}

function parseSteps(text: string): Record<string, number | null> {
  const code = (step: string) => new RegExp(`^${step} (\\d{1,3})$`, 'm').exec(text)?.[1];
  return Object.fromEntries(
    STEPS.map((step) => [step, code(step) === undefined ? null : Number(code(step))]),
  );
}

/**
 * The bytes of a file in a job's working directory; the stream errors Permanent when it is not a regular file there.
 * @throws Permanent for a name that could mean another place
 */
export async function openArtifact(transport: Transport, work: string, name: string): Promise<Readable> {
  checkName(name);
  return transport.stream(sh(scripts.artifact, work, name), { timeoutMs: ARTIFACT_TIMEOUT_MS });
}

/** Size and sha256 of a file in a job's working directory; null when there is no regular file of that name. */
export async function measureArtifact(
  transport: Transport,
  work: string,
  name: string,
): Promise<{ bytes: number; sha256: string } | null> {
  checkName(name);
  const answer = await transport.exec(sh(scripts.measure, work, name), { timeoutMs: ARTIFACT_TIMEOUT_MS });
  if (answer.code === NO_FILE) return null;
  const [, bytes, sha256] =
    /^measured (\d+) ([0-9a-f]{64})$/m.exec(succeeded(answer, 'the node', 'measure an artifact')) ?? [];
  if (sha256 === undefined) throw new Retryable('the node did not say how large an artifact is');
  return { bytes: Number(bytes), sha256 };
}

/** Sends a file in a job's working directory to signed addresses, a part to each. */
export async function uploadArtifact(
  transport: Transport,
  work: string,
  name: string,
  { partBytes, urls }: { partBytes: number; urls: readonly string[] },
): Promise<string[]> {
  checkName(name);
  const argv = ['bash', '-c', scripts.upload, 'bash', work, name, String(partBytes)];
  const stdin = urls.map((url) => `${url}\n`).join('');
  const answer = await transport.exec(argv, {
    timeoutMs: ARTIFACT_TIMEOUT_MS,
    stdin,
    maxOutputBytes: OUTPUT_BYTES_PER_PART * (urls.length + 100),
  });
  const text = succeeded(answer, 'the node', 'upload an artifact');
  const etags = [...text.matchAll(/^etag ("[\w.-]{1,100}")$/gm)].map(([, etag = '']) => etag);
  if (etags.length !== urls.length) throw new Retryable('the node did not upload every part of an artifact');
  return etags;
}

function checkName(name: string): void {
  if (!ARTIFACT_NAME.test(name)) throw new Permanent('an artifact has a name that is not allowed');
}
