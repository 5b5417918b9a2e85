import type { Build } from './build.ts';
import { targetName } from './target.ts';

/** The last try of each build of a request: those that were repeated are left out. Order stays. */
export function newestTries(builds: readonly Build[]): Build[] {
  const repeated = new Set(builds.map((build) => build.retry?.of));
  const last = builds.filter((build) => !repeated.has(build.id));
  const first = (build: Build): number => {
    const earlier = builds.find((other) => other.id === build.retry?.of);
    return earlier ? first(earlier) : build.id;
  };
  return last.sort((a, b) => first(a) - first(b));
}

/** The last try of one build, as a list; empty when it is none of these. */
export function newestTryOf(builds: readonly Build[], id: number): Build[] {
  const again = builds.find((build) => build.retry?.of === id);
  return again ? newestTryOf(builds, again.id) : builds.filter((build) => build.id === id);
}

/** Of builds of several requests the newest of every target and repository, in the order in which these were first asked for. */
export function newestOfEach(builds: readonly Build[]): Build[] {
  const newest = new Map<string, Build>();
  for (const build of builds) {
    const key = `${targetName(build.target)} ${build.repository}`;
    const known = newest.get(key);
    if (known === undefined || known.id < build.id) newest.set(key, build);
  }
  return [...newest.values()];
}
