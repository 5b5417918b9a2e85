import { spawn } from 'node:child_process';
import { Permanent, Retryable } from '../domain/errors.ts';

/** It reads as fast as a disk gives, and a signature takes milliseconds: such a silence is a process that hangs. */
const silenceTimeoutMs = 60_000;
/** What it says is a signature or a line; more is none of ours. */
const maxOutput = 64 * 1024;

interface Answer {
  ok: boolean;
  stdout: string;
  /** In one line. */
  stderr: string;
}

/**
 * Runs ssh-keygen with content on its standard input, which it reads once, in constant memory. It has no agent, no
 * terminal and no environment of ours, so it can use nothing but the files it is given. An exit status is an answer;
 * throws Permanent where it cannot be started, Retryable where it hangs or is killed, and what the content throws.
 */
export async function sshKeygen(
  command: string,
  args: readonly string[],
  content: AsyncIterable<Buffer | string>,
): Promise<Answer> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a session of its own has no terminal that a passphrase could be asked on
  });
  const { stdin } = child;
  stdin.on('error', () => {}); // it may end without reading all; its exit status says why
  const stdout = text(child.stdout);
  const stderr = text(child.stderr);
  let hangs = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => {
      reject(new Permanent(`${command} could not be started; it comes with OpenSSH.`, { cause }));
    });
    child.on('close', resolve);
  }).finally(() => stdin.destroy());
  ended.catch(() => {}); // awaited below, maybe after it failed
  const watched = async <T>(wait: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, silenceTimeoutMs);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    for await (const chunk of content) {
      if (stdin.destroyed) break;
      if (!stdin.write(chunk)) await watched(takenBy(stdin));
    }
    stdin.end();
    const code = await watched(ended);
    if (hangs) throw new Retryable(`${command} did not answer for ${silenceTimeoutMs / 1000} s.`);
    if (code === null) throw new Retryable(`${command} was killed.`);
    return { ok: code === 0, stdout: await stdout, stderr: (await stderr).replace(/\s+/g, ' ').trim() };
  } finally {
    child.kill('SIGKILL');
  }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= maxOutput) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function takenBy(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
  });
}
