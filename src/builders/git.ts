import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Permanent, Retryable } from '../domain/errors.ts';

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

/** What git says is kept in memory: a few bytes of a pull request can be a tree of ten billion files. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** git said more than it may: whoever made the pull request may have meant it so. */
export class TooMuch extends Permanent {}

export interface GitResult {
  code: number | null;
  /** Names of files are bytes, not text. */
  stdout: Buffer;
  stderr: string;
}

/** Runs git in one repository, without a shell, a terminal or anybody's configuration. */
export interface Git {
  /** @throws Retryable when it takes longer than `timeoutMs`, TooMuch when it says more than `most` bytes */
  run(
    args: readonly string[],
    options: { timeoutMs: number; input?: Uint8Array; token?: string | null; most?: number },
  ): Promise<GitResult>;
  /** Its output; errors Retryable when git fails or takes too long, TooMuch beyond `most` bytes. */
  stream(args: readonly string[], options: { timeoutMs: number; most: number }): Readable;
}

/** @param home an empty folder, for git to find no configuration in */
export function gitIn(repository: string, home: string): Git {
  /** @param secret further settings, in a file without a name that git and what it starts inherit */
  function start(args: readonly string[], secret: FileHandle | null) {
    const global = secret === null ? '/dev/null' : '/proc/self/fd/3';
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      LC_ALL: 'C',
      GIT_CONFIG_GLOBAL: global,
      ...ENVIRONMENT,
    };
    const child = spawn('git', [...args], {
      cwd: repository,
      env,
      stdio: ['pipe', 'pipe', 'pipe', ...(secret === null ? [] : [secret.fd])],
    });
    return child as ChildProcessWithoutNullStreams;
  }

  return {
    async run(args, { timeoutMs, input = Buffer.alloc(0), token = null, most = MOST_OUTPUT }) {
      const secret = token === null ? null : await withoutName(home, settingsFor(token));
      const child = start(args, secret);
      const ended = once(child, 'close');
      ended.catch(() => {}); // awaited below, maybe after it failed
      await secret?.close();
      child.stdin.on('error', () => {}); // it may end without reading
      child.stdin.end(input);
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        late.reject(tooLate(args, timeoutMs));
      }, timeoutMs);
      try {
        const all = Promise.all([ended, upTo(most, child.stdout, args), upTo(most, child.stderr, args)]);
        const [[code], stdout, stderr] = await Promise.race([all, late.promise]);
        return { code, stdout, stderr: stderr.toString('utf8') };
      } finally {
        clearTimeout(timer);
        child.kill('SIGKILL'); // where it said too much
      }
    },

    stream(args, { timeoutMs, most }) {
      const child = start(args, null);
      child.stdin.end();
      const complaint = buffer(child.stderr);
      const code = exitOf(child);
      let bytes = 0;
      const output = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          if (bytes > most) done(tooMuch(args, most));
          else done(null, chunk);
        },
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

const ENVIRONMENT = environment();

function environment(): Record<string, string> {
  const all = Object.entries(SETTINGS);
  const env: Record<string, string> = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(all.length),
  };
  all.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

/** GitHub takes tokens as the password of any user. Neither an argument nor the environment: both can be read, and are logged. */
function settingsFor(token: string): string {
  const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
  return `[http]\n\textraHeader = Authorization: Basic ${credentials}\n`;
}

/** A file that has lost its name before anything is in it: nothing is left over, whenever the process dies. */
async function withoutName(folder: string, text: string): Promise<FileHandle> {
  const path = join(folder, randomUUID());
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  await rm(path);
  await file.write(text);
  return file;
}

async function upTo(most: number, output: Readable, args: readonly string[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooMuch(args, most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooMuch(args: readonly string[], most: number): TooMuch {
  return new TooMuch(`git ${args[0]} says more than ${most} bytes`);
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
