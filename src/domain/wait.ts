/** A command that waits for another pull request to be published: `bot: build arch=zen2 after #123`. */

/** `refused`: it could not be carried out any more when its time came, and its author was told why. */
export type WaitState = 'waiting' | 'started' | 'cancelled' | 'refused';

export interface Wait {
  id: number;
  repo: string;
  pullRequest: number;
  /** The pull request it waits for, of the same repository. */
  after: number;
  /** The head it is for; nothing else is built or deployed by it. */
  headSha: string;
  by: string;
  /** The command as it was written, without `after`. */
  command: string;
  /** `comment:<id>:<line>`. */
  source: string;
  askedAt: number;
  state: WaitState;
}

/** The way from `start` back to `number` along what waits for what, or null when there is none. */
export function circle(
  waits: readonly Pick<Wait, 'pullRequest' | 'after'>[],
  number: number,
  start: number,
): number[] | null {
  const seen = new Set<number>();
  const walk = (at: number, way: number[]): number[] | null => {
    if (at === number) return [...way, at];
    if (seen.has(at)) return null;
    seen.add(at);
    for (const { after } of waits.filter(({ pullRequest }) => pullRequest === at)) {
      const found = walk(after, [...way, at]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(start, []);
}
