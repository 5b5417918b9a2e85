import type { Readable } from 'node:stream';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { JobResults, Transport } from '../ports.ts';
import { scripts, sh } from './scripts.ts';

const RESULTS_TIMEOUT_MS = 30_000;
/** A tarball of tens of gigabytes over a slow line. */
const ARTIFACT_TIMEOUT_MS = 6 * 3_600_000;
/** More of a result file is not read: what it says fits into a comment many times. */
const RESULT_BYTES = 1024 * 1024;
const TAIL_BYTES = 16 * 1024;
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
  if (!ARTIFACT_NAME.test(name)) throw new Permanent('an artifact has a name that is not allowed');
  return transport.stream(sh(scripts.artifact, work, name), { timeoutMs: ARTIFACT_TIMEOUT_MS });
}
