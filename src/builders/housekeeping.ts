import { Retryable } from '../domain/errors.ts';
import type { Space, Transport } from '../ports.ts';
import { complaintOf, succeeded } from './looking.ts';
import { scripts, sh } from './scripts.ts';

/** A source tree of a hundred thousand files on a slow disk. */
const REMOVE_TIMEOUT_MS = 10 * 60_000;
const SPACE_TIMEOUT_MS = 15_000;

/** Removes the directory of a job of which nothing runs any more. @throws Retryable when something of it stays */
export async function removeDirectory(transport: Transport, node: string, directory: string): Promise<void> {
  const answer = await transport.exec(sh(scripts.remove, directory), { timeoutMs: REMOVE_TIMEOUT_MS });
  if (answer.code !== 0)
    throw new Retryable(`${node} could not remove the directory of a job: ${complaintOf(answer)}`);
}

export async function spaceOf(transport: Transport, node: string, jobsDir: string): Promise<Space> {
  const answer = await transport.exec(sh(scripts.space, jobsDir), { timeoutMs: SPACE_TIMEOUT_MS });
  const text = succeeded(answer, node, 'say how much room it has');
  const [, total, free] = /^space (\d+) (\d+)$/m.exec(text) ?? [];
  if (free === undefined) throw new Retryable(`${node} did not say how much room it has`);
  return { node, totalBytes: Number(total) * 1024, freeBytes: Number(free) * 1024 };
}
