/**
 * A small process that runs git for a big one. Starting a program copies the page tables of who starts it, and everything in
 * that process waits meanwhile: tens of milliseconds in a test worker with the bot and GitHub's description in memory, two here.
 */
import { spawn } from 'node:child_process';

export interface GitCall {
  id: number;
  dir: string;
  args: readonly string[];
  env: Record<string, string>;
  input: string | Uint8Array;
  timeoutMs: number;
}

export type GitAnswer =
  | { id: number; code: number | null; stdout: Uint8Array; stderr: Uint8Array }
  | { id: number; error: string };

process.on('message', (call: GitCall) => {
  run(call).then(
    (answer) => process.send?.(answer),
    (error) => process.send?.({ id: call.id, error: String(error) } satisfies GitAnswer),
  );
});
process.on('disconnect', () => process.exit());

async function run({ id, dir, args, env, input, timeoutMs }: GitCall): Promise<GitAnswer> {
  const child = spawn('git', args, { cwd: dir, env, timeout: timeoutMs });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {}); // git may end before it has read all; its exit code says why
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { id, code, stdout: Buffer.concat(out), stderr: Buffer.concat(err) };
}
