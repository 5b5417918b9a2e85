import { Retryable } from '../domain/errors.ts';

interface Grouping<T> {
  /** Groups that may be under way. */
  atOnce: number;
  /** A group that takes longer keeps the next no more. */
  timeoutMs: number;
  /** How many of those that wait, from the front, are the next group; all when it is not given. */
  groupOf?(waiting: readonly T[]): number;
  /** Never rejects. */
  work(group: readonly T[]): Promise<void>;
}

/**
 * What is given one by one is worked on in groups: at once while fewer than `atOnce` are under way, and what comes meanwhile
 * together after that. Resolves when the group is worked on, or took too long.
 */
export function together<T>({
  atOnce,
  timeoutMs,
  groupOf = ({ length }) => length,
  work,
}: Grouping<T>): (one: T) => Promise<void> {
  const waiting: { one: T; done: () => void }[] = [];
  let underWay = 0;

  async function workOn(): Promise<void> {
    underWay += 1;
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupOf(waiting.map(({ one }) => one)));
      await inTime(work(group.map(({ one }) => one)), timeoutMs).catch(() => undefined);
      for (const { done } of group) done();
    }
    underWay -= 1;
  }

  return (one) =>
    new Promise((done) => {
      waiting.push({ one, done });
      if (underWay < atOnce) void workOn();
    });
}

/** The same, or a Retryable when it takes longer. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Retryable(`No answer after ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
