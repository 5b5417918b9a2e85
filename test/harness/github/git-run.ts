/** Runs git away from the machine's and the user's configuration. */
import { spawn } from 'node:child_process';

const commandTimeoutMs = 60_000;

/** The environment of every git here. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** A git command that ended with an exit code nobody expected. */
class GitError extends Error {
  readonly code: number | null;
  constructor(args: readonly string[], code: number | null, stderr: string) {
    super(`git ${args.join(' ')}: exit ${code}: ${stderr.trim()}`);
    this.code = code;
  }
}

/** Runs git in a folder and resolves with its stdout; exit codes other than 0 and `accept` throw a GitError. */
export async function runGit(
  dir: string,
  args: readonly string[],
  options: { input?: string | Uint8Array; env?: Record<string, string>; accept?: readonly number[] } = {},
): Promise<Buffer> {
  const child = spawn('git', args, {
    cwd: dir,
    env: { ...gitEnvironment(), ...options.env },
    timeout: commandTimeoutMs,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {}); // git may end before it has read all; its exit code says why
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 && !(code !== null && options.accept?.includes(code))) {
    throw new GitError(args, code, Buffer.concat(err).toString());
  }
  return Buffer.concat(out);
}
