/** A command that waits for another pull request to be published: `bot: build arch=zen2 after #123`. */
import type { Deploy } from './deploy.ts';

/** How long a command waits at most, ms: a month, so that one nobody remembers does not start something. */
export const AFTER_TIMEOUT_MS = 30 * 24 * 60 * 60_000;

/** `refused`: it cannot be carried out any more, and its author was told why. */
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

/** Why a pull request will not be merged and published any more. */
export type NeverReason = 'unknown' | 'closed' | 'not-deployed' | 'rejected' | 'failed' | 'rolled-back';

/** How the pull request stands that something waits for. */
export type Prospect =
  | { kind: 'ready' }
  /** `deploy` decides next; null: one has to be asked for. `setBack`: the one before it that came to nothing. */
  | { kind: 'waits'; merged: boolean; published: boolean; deploy: Deploy | null; setBack: SetBack | null }
  | { kind: 'never'; why: NeverReason };

/** A deploy that came to nothing; another one can be asked for while its pull request is open. */
export interface SetBack {
  deployId: number;
  why: 'rejected' | 'failed' | 'rolled-back';
}

/**
 * Whether what is waited for is there, may come, or never will: a pull request that is closed cannot be deployed any more.
 * @param pull null: there is no such pull request
 * @param deploys its deploys, in any order
 */
export function prospect(
  pull: { state: 'open' | 'closed'; merged: boolean } | null,
  deploys: readonly Deploy[],
): Prospect {
  if (pull === null) return { kind: 'never', why: 'unknown' };
  if (pull.state === 'closed' && !pull.merged) return { kind: 'never', why: 'closed' };
  const ordered = [...deploys].sort((a, b) => a.id - b.id);
  const deploy = ordered.findLast(({ state }) => UNDER_WAY.includes(state.kind)) ?? null;
  const published = ordered.some(({ state }) => state.kind === 'published');
  const { merged } = pull;
  if (merged && deploy === null && published) return { kind: 'ready' };
  const setBack = published || deploy !== null ? null : (ordered.flatMap(setBackOf).at(-1) ?? null);
  if (merged && deploy === null) return { kind: 'never', why: setBack?.why ?? 'not-deployed' };
  return { kind: 'waits', merged, published, deploy, setBack };
}

const UNDER_WAY: readonly Deploy['state']['kind'][] = ['preparing', 'open', 'approved', 'ingesting'];

function setBackOf({ id, state }: Deploy): SetBack[] {
  const why = state.kind;
  return why === 'rejected' || why === 'failed' || why === 'rolled-back' ? [{ deployId: id, why }] : [];
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
