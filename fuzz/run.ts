/** Puts one case after the other to a subject, and says which one broke a promise. */
import { Random } from './random.ts';
import type { Subject } from './subject.ts';

/** No answer takes longer, ms. */
export const SLOWEST_MS = 1_000;

interface Order {
  seed: number;
  /** The cases are those from `first` on. */
  first: number;
  count: number;
  /** A case that takes longer has failed, ms; left out where the machine may stand still. */
  slowestMs?: number;
  /** Told every now and then. */
  progress?(done: number): void;
}

interface Failure {
  number: number;
  why: string;
  input: string;
}

export interface Outcome {
  done: number;
  ms: number;
  /** How often each kind of answer came. */
  answers: Record<string, number>;
  slowest: { number: number; ms: number; input: string };
  failure: Failure | null;
}

const PROGRESS_EVERY_MS = 500;

/** Runs the cases in turn up to the first that fails. */
export async function run<Input>(
  subject: Subject<Input>,
  { seed, first, count, slowestMs = Number.POSITIVE_INFINITY, progress }: Order,
): Promise<Outcome> {
  const stray = listen();
  const answers = new Map<string, number>();
  let slowest: { number: number; ms: number; input: Input | null } = { number: first, ms: 0, input: null };
  let failure: Failure | null = null;
  let done = 0;
  let told = performance.now();
  const begun = told;
  const failed = (number: number, why: string, input: Input | null) => {
    failure = { number, why, input: input === null ? '' : subject.show(input) };
  };
  for (let number = first; number < first + count && failure === null; number += 1) {
    let input: Input | null = null;
    let before = performance.now();
    try {
      input = subject.make(new Random(seed, number));
      before = performance.now();
      const answer = subject.check(input, number);
      const kind = typeof answer === 'string' ? answer : await answer;
      if (kind !== '') answers.set(kind, (answers.get(kind) ?? 0) + 1);
    } catch (error) {
      failed(number, error instanceof Error ? (error.stack ?? error.message) : String(error), input);
    }
    const now = performance.now();
    const ms = now - before;
    if (ms > slowest.ms) slowest = { number, ms, input };
    if (failure === null && ms > slowestMs) failed(number, `it took ${Math.round(ms)} ms`, input);
    done += 1;
    if (now - told > PROGRESS_EVERY_MS) {
      told = now;
      progress?.(done);
      // What was rejected behind our back is told between two turns of the event loop.
      await new Promise(setImmediate);
    }
    const [late] = stray.heard;
    if (failure === null && late !== undefined) failed(number, `it, or one shortly before: ${late}`, input);
  }
  if (failure === null) await subject.finish?.().catch((error) => failed(first + done, String(error), null));
  await new Promise(setImmediate);
  stray.stop();
  const [late] = stray.heard;
  if (failure === null && late !== undefined) failed(first + done, late, null);
  return {
    done,
    ms: performance.now() - begun,
    answers: Object.fromEntries([...answers].sort(([, a], [, b]) => b - a)),
    slowest: { ...slowest, input: slowest.input === null ? '' : subject.show(slowest.input) },
    failure,
  };
}

/** Whatever nobody waits for any more. */
function listen() {
  const heard: string[] = [];
  const rejected = (reason: unknown) => {
    heard.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  const thrown = (error: Error) => {
    heard.push(`uncaught exception: ${error.stack}`);
  };
  process.on('unhandledRejection', rejected).on('uncaughtException', thrown);
  return {
    heard,
    stop: () => void process.off('unhandledRejection', rejected).off('uncaughtException', thrown),
  };
}
