/** Runs git away from the machine's and the user's configuration. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GitAnswer, GitCall } from './git-helper.ts';

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
  const answer = await ask({
    dir,
    args,
    env: { ...gitEnvironment(), ...options.env },
    input: options.input ?? '',
    timeoutMs: commandTimeoutMs,
  });
  if ('error' in answer) throw new Error(answer.error);
  const { code, stdout, stderr } = answer;
  if (code !== 0 && !(code !== null && options.accept?.includes(code))) {
    throw new GitError(args, code, Buffer.from(stderr).toString());
  }
  return Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength);
}

let helper: ChildProcess | null = null;
let calls = 0;
const waiting = new Map<number, (answer: GitAnswer) => void>();

/** The helper is started with the first call and ends with this process; it holds it alive only while a call is under way. */
function ask(call: Omit<GitCall, 'id'>): Promise<GitAnswer> {
  helper ??= startHelper();
  const to = helper;
  const id = ++calls;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    to.channel?.ref();
    to.send({ id, ...call } satisfies GitCall);
  });
}

function startHelper(): ChildProcess {
  const child = fork(fileURLToPath(new URL('git-helper.ts', import.meta.url)), {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.unref();
  child.channel?.unref();
  child.on('message', (answer: GitAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) child.channel?.unref();
  });
  child.once('exit', (code, signal) => {
    helper = null;
    for (const [id, answered] of waiting)
      answered({ id, error: `the helper that runs git ended: ${signal ?? code}` });
    waiting.clear();
  });
  return child;
}
