import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Retryable } from '../domain/errors.ts';

/** Settings that make git read no configuration but ours and take no way but the one it is told. */
const SETTINGS: Record<string, string> = {
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'protocol.http.allow': 'always',
  'protocol.file.allow': 'always',
  'fetch.recurseSubmodules': 'false',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'tar.umask': '0022',
};

export interface GitResult {
  code: number | null;
  /** Names of files are bytes, not text. */
  stdout: Buffer;
  stderr: string;
}

/** Runs git in one repository, without a shell, a terminal or anybody's configuration. */
export interface Git {
  /** @throws Retryable when it takes longer than `timeoutMs` */
  run(
    args: readonly string[],
    options: { timeoutMs: number; input?: Uint8Array; token?: string | null },
  ): Promise<GitResult>;
  /** Its output; errors Retryable when git fails or takes too long. */
  stream(args: readonly string[], options: { timeoutMs: number }): Readable;
}

/** @param home an empty folder, for git to find no configuration in */
export function gitIn(repository: string, home: string): Git {
  function start(args: readonly string[], token: string | null) {
    const env = { PATH: process.env.PATH, HOME: home, LC_ALL: 'C', ...settings(token) };
    return spawn('git', [...args], { cwd: repository, env, stdio: 'pipe' });
  }

  return {
    async run(args, { timeoutMs, input = Buffer.alloc(0), token = null }) {
      const child = start(args, token);
      child.stdin.on('error', () => {}); // it may end without reading
      child.stdin.end(input);
      const ended = once(child, 'close');
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        late.reject(tooLate(args, timeoutMs));
      }, timeoutMs);
      try {
        const all = Promise.all([ended, buffer(child.stdout), buffer(child.stderr)]);
        const [[code], stdout, stderr] = await Promise.race([all, late.promise]);
        return { code, stdout, stderr: stderr.toString('utf8') };
      } finally {
        clearTimeout(timer);
      }
    },

    stream(args, { timeoutMs }) {
      const child = start(args, null);
      child.stdin.end();
      const complaint = buffer(child.stderr);
      const code = exitOf(child);
      const output = new Transform({
        transform: (chunk, _encoding, done) => done(null, chunk),
        flush(done) {
          Promise.all([code, complaint]).then(
            ([ended, text]) => done(failure(args, ended, text.toString('utf8'))),
            done,
          );
        },
        destroy(error, done) {
          clearTimeout(timer);
          child.kill('SIGKILL');
          done(error);
        },
      });
      output.on('error', () => {}); // it may break before its reader is there, who is told by the stream itself
      const timer = setTimeout(() => output.destroy(tooLate(args, timeoutMs)), timeoutMs);
      child.on('error', (error) => output.destroy(error));
      child.stdout.pipe(output);
      return output;
    },
  };
}

function settings(token: string | null): Record<string, string> {
  const all = { ...SETTINGS };
  if (token !== null) {
    // In the environment, where no list of processes shows it; GitHub takes tokens as the password of any user.
    const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
    all['http.extraHeader'] = `Authorization: Basic ${credentials}`;
  }
  const env: Record<string, string> = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(Object.keys(all).length),
  };
  Object.entries(all).forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code));
    child.on('error', () => resolve(null));
  });
}

function failure(args: readonly string[], code: number | null, complaint: string): Error | null {
  if (code === 0) return null;
  return new Retryable(`git ${args[0]} failed (code ${code}): ${complaint.trim().slice(-1000)}`);
}

function tooLate(args: readonly string[], timeoutMs: number): Retryable {
  return new Retryable(`git ${args[0]} did not end within ${timeoutMs} ms`);
}
