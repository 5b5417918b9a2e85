import { PassThrough, Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Permanent } from '../domain/errors.ts';
import type { ExecResult, Transport } from '../ports.ts';
import { type Clearable, type Deadline, startDeadline } from './deadline.ts';

/** A command that was started, wherever it runs. */
export interface Started {
  /** Null when it was started without input. */
  stdin: Writable | null;
  stdout: Readable;
  stderr: Readable;
  /** Its exit code, null when a signal ended it; rejects Retryable when the connection went before the code came. */
  exit: Promise<number | null>;
  /** Ends the command, with KILL, and frees what it holds here; nothing happens when it has ended. */
  kill(): void;
}

/** Starts a command, with or without input; gives up with the deadline's reason when that comes first. */
export type Start = (argv: readonly string[], hasInput: boolean, due: Deadline) => Promise<Started>;

const DEFAULT_OUTPUT_BYTES = 1024 * 1024;
const STDERR_TAIL_BYTES = 4096;

/** The transport port over a way to start commands, so that limits and errors are the same everywhere. */
export function transportOver(
  where: string,
  start: Start,
  { health, close }: Pick<Transport, 'health' | 'close'>,
): Transport {
  return {
    async exec(argv, options) {
      const deadline = startDeadline(options.timeoutMs, `${where}: ${title(argv)}`);
      const input = options.stdin instanceof Readable ? options.stdin : null;
      input?.on('error', () => {}); // it may break before the command is there to be fed
      try {
        const command = await start(argv, options.stdin !== undefined, deadline);
        return await collect(command, deadline.signal, options, `${where}: ${title(argv)}`);
      } finally {
        deadline.clear();
        input?.destroy();
      }
    },
    async stream(argv, options) {
      const deadline = startDeadline(options.timeoutMs, `${where}: ${title(argv)}`);
      try {
        return readOutput(await start(argv, false, deadline), deadline, `${where}: ${title(argv)}`);
      } catch (error) {
        deadline.clear();
        throw error;
      }
    },
    health,
    close,
  };
}

/** The command in words fit for a message: its first arguments, the text of a script left out. */
function title(argv: readonly string[]): string {
  const shown = argv.slice(0, 5).map((word) => (word.includes('\n') ? '<script>' : word.slice(0, 80)));
  return argv.length > 5 ? `${shown.join(' ')} …` : shown.join(' ');
}

async function collect(
  command: Started,
  signal: AbortSignal,
  options: Parameters<Transport['exec']>[1],
  what: string,
): Promise<ExecResult> {
  const failed = Promise.withResolvers<never>();
  const onAbort = () => failed.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  const limit = options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES;
  const tooMuch = () => failed.reject(new Permanent(`${what} wrote more than ${limit} bytes`));
  const stdout = gather(command.stdout, limit, tooMuch);
  const stderr = gather(command.stderr, limit, tooMuch);
  if (command.stdin !== null) feed(command.stdin, options.stdin ?? '').catch(failed.reject);
  const ended = Promise.all([command.exit, stdout, stderr]);
  try {
    const [code, out, err] = await Promise.race([ended, failed.promise]);
    return { code, stdout: out, stderr: err };
  } catch (error) {
    command.kill();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** All bytes of a stream that ends, or closes, within the limit. */
function gather(stream: Readable, limit: number, tooMuch: () => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) tooMuch();
      else chunks.push(chunk);
    });
    const done = () => resolve(Buffer.concat(chunks));
    stream.on('end', done).on('close', done).on('error', reject);
  });
}

/** Writes the input; fails when the input cannot be read, not when the command stops reading: its exit code says why. */
async function feed(stdin: Writable, input: Readable | Uint8Array | string): Promise<void> {
  stdin.on('error', () => {});
  if (!(input instanceof Readable)) {
    stdin.end(input);
    return;
  }
  // The end is not passed on by the pipe: input that breaks off must never look like input that is complete.
  const complete = new PassThrough();
  complete.pipe(stdin);
  try {
    await pipeline(input, complete);
  } catch (error) {
    throw input.errored ?? error;
  }
}

/** The command's output as a stream that ends well only when the command did. */
function readOutput(command: Started, deadline: Clearable, what: string): Readable {
  let complaint = '';
  command.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-STDERR_TAIL_BYTES);
  });
  command.stderr.on('error', () => {});
  const output = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush(done) {
      command.exit.then(
        (code) => done(code === 0 ? null : new Permanent(verdict(what, code, complaint))),
        done,
      );
    },
    destroy(error, done) {
      deadline.clear();
      deadline.signal.removeEventListener('abort', onAbort);
      command.kill();
      done(error);
    },
  });
  output.on('error', () => {}); // it may break before its reader is there, who is told by the stream itself
  const onAbort = () => output.destroy(deadline.signal.reason);
  deadline.signal.addEventListener('abort', onAbort);
  command.exit.catch((error) => output.destroy(error));
  command.stdout.on('error', (error) => output.destroy(error));
  command.stdout.pipe(output);
  return output;
}

function verdict(what: string, code: number | null, complaint: string): string {
  const how = code === null ? 'was ended by a signal' : `ended with code ${code}`;
  return complaint.trim() === '' ? `${what} ${how}` : `${what} ${how}: ${complaint.trim()}`;
}
