/** What of a plan need not be made, because it is there already. */
import type { Build } from './build.ts';
import { type Target, targetName } from './target.ts';
import { comingTry, newestOfEach } from './tries.ts';

/** Enough of a planned build to know it again. */
interface Planned {
  target: Target;
  repository: string;
  exports: Record<string, string>;
}

export interface Sorted<T> {
  /** To be made. */
  fresh: T[];
  /** Has succeeded at this commit, by the newest build of it. */
  built: Build[];
  /** Waits or runs. */
  underWay: Build[];
}

/**
 * Sorts planned builds by what there is of them at the commit: the same target, repository and variables.
 * @param known every build of the commit
 * @param again builds what has succeeded once more; what is under way is never doubled
 */
export function sortKnown<T extends Planned>(
  planned: readonly T[],
  known: readonly Build[],
  again: boolean,
): Sorted<T> {
  const sorted: Sorted<T> = { fresh: [], built: [], underWay: [] };
  for (const one of planned) {
    const [newest] = newestOfEach(known.filter((build) => isSame(one, build)));
    const build = newest && comingTry(known, newest);
    if (build === undefined || build.state.kind === 'failed' || isEnding(build)) sorted.fresh.push(one);
    else if (build.state.kind !== 'succeeded') sorted.underWay.push(build);
    else if (again) sorted.fresh.push(one);
    else sorted.built.push(build);
  }
  return sorted;
}

function isEnding({ state }: Build): boolean {
  return state.kind === 'cancelled' || state.kind === 'cancelling';
}

function isSame(planned: Planned, build: Build): boolean {
  const variables = ({ exports }: Planned) => JSON.stringify(Object.entries(exports).sort());
  return (
    targetName(planned.target) === targetName(build.target) &&
    planned.repository === build.repository &&
    variables(planned) === variables(build)
  );
}
