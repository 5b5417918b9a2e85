import type { Build } from './build.ts';

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
