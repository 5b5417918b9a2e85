import { Worker } from 'node:worker_threads';
import { Retryable } from '../domain/errors.ts';
import type { Judgement, Question } from './judge.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

/** Chunks that are on their way to a thread: enough that it need not wait while this thread hashes or writes one. */
const chunksAhead = 8;
/** Small chunks go together, so much at a time. */
const memoryBytes = 256 * 1024;
/** Threads that are kept for the next tarball; starting one takes about 30 ms. */
const idleThreads = 2;

const idle: JudgingThread[] = [];

/**
 * Judges a compressed tarball in a thread of its own: decompressing goes on while this thread takes the digest of the
 * bytes and hands them on, and a large tarball does not keep the bot from answering. The source is read a few chunks
 * ahead. Throws what the source throws; Retryable where the thread died.
 * @param onBroken called, perhaps often, once the tarball is known to be refused
 */
export async function judgeTarball(
  source: AsyncIterable<Buffer>,
  question: Question,
  onBroken: () => void = () => {},
): Promise<Judgement> {
  let thread = idle.pop();
  while (thread?.alive === false) thread = idle.pop();
  thread ??= new JudgingThread();
  try {
    return await thread.judge(source, question, onBroken);
  } finally {
    if (thread.alive && idle.length < idleThreads) idle.push(thread);
    else await thread.end();
  }
}

/** What is said of a member is forgotten at once: with more room for it memory grows, and nothing is faster. */
const youngMebibytes = 8;

/** One thread, and the tarball it is at. */
class JudgingThread {
  readonly #worker = new Worker(new URL('./judge-thread.ts', import.meta.url), {
    name: 'tarballs',
    resourceLimits: { maxYoungGenerationSizeMb: youngMebibytes },
  });
  readonly #free: ArrayBuffer[] = [];
  #tarball = 0;
  #ahead = 0;
  #filling: ArrayBuffer | null = null;
  #filled = 0;
  #outcome: { judgement: Judgement } | { error: Error } | null = null;
  #onBroken = (): void => {};
  #wake = (): void => {};
  alive = true;

  constructor() {
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('exit', () => this.#died(new Error('it ended')));
  }

  async judge(source: AsyncIterable<Buffer>, question: Question, onBroken: () => void): Promise<Judgement> {
    this.#worker.ref();
    this.#tarball++;
    this.#ahead = 0;
    this.#filled = 0;
    this.#outcome = null;
    this.#onBroken = onBroken;
    try {
      this.#say({ kind: 'question', tarball: this.#tarball, question });
      for await (const chunk of source) {
        await this.#send(chunk);
        if (this.#outcome !== null) break;
      }
      this.#pass();
      this.#say({ kind: 'end', tarball: this.#tarball });
    } catch (error) {
      this.#say({ kind: 'cut', tarball: this.#tarball });
      throw error;
    } finally {
      await this.#until(() => false);
      this.#worker.unref();
    }
    return this.#answer();
  }

  #answer(): Judgement {
    if (this.#outcome === null) throw new Error('the thread has not answered');
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.judgement;
  }

  async end(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && this.#outcome === null; ) {
      this.#filling ??= this.#free.pop() ?? new ArrayBuffer(memoryBytes);
      const step = chunk.copy(new Uint8Array(this.#filling), this.#filled, at);
      at += step;
      this.#filled += step;
      if (this.#filled < memoryBytes) return;
      this.#pass();
      await this.#until(() => this.#ahead < chunksAhead);
    }
  }

  #pass(): void {
    const [memory, bytes] = [this.#filling, this.#filled];
    this.#filling = null;
    this.#filled = 0;
    if (memory === null) return;
    this.#ahead++;
    this.#say({ kind: 'chunk', tarball: this.#tarball, memory, bytes }, [memory]);
  }

  #say(message: ToThread, memory: ArrayBuffer[] = []): void {
    if (this.alive) this.#worker.postMessage(message, memory);
  }

  #hear(message: FromThread): void {
    if (message.tarball !== this.#tarball) return;
    if (message.kind === 'read') {
      this.#ahead--;
      this.#free.push(message.memory);
      if (message.broken) this.#onBroken();
    } else if (message.kind === 'judged') this.#outcome = { judgement: message.judgement };
    else this.#outcome = { error: message.error };
    this.#wake();
  }

  #died(error: Error): void {
    if (!this.alive) return;
    this.alive = false;
    const text = `The thread that reads tarballs died: ${error.message}`;
    this.#outcome ??= { error: new Retryable(text, { cause: error }) };
    this.#wake();
  }

  /** Until something is so, or the tarball is judged. */
  async #until(so: () => boolean): Promise<void> {
    while (this.#outcome === null && !so()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
