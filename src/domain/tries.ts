import type { Build } from './build.ts';
import { type RetryAdvice, retryAdvice } from './diagnosis.ts';
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

/** The tries before this one, the newest first. */
export function earlierTries(builds: readonly Build[], { retry }: Build): Build[] {
  const earlier = builds.find((build) => build.id === retry?.of);
  return earlier ? [earlier, ...earlierTries(builds, earlier)] : [];
}

/**
 * Whether a build that failed is tried again by itself; null for one that did not fail.
 * @param builds all of its request
 */
export function adviceFor(builds: readonly Build[], build: Build): RetryAdvice | null {
  if (build.state.kind !== 'failed') return null;
  const classes = earlierTries(builds, build).flatMap(({ state }) =>
    state.kind === 'failed' ? [state.failure.class] : [],
  );
  return retryAdvice(build.state.failure, classes);
}

/**
 * As people should see a try: one that failed and is about to be tried again by itself is shown as the try to come, which
 * may not have its row yet.
 */
export function comingTry(builds: readonly Build[], build: Build): Build {
  const advice = adviceFor(builds, build);
  if (build.state.kind !== 'failed' || !advice?.retry) return build;
  const since = build.state.endedAt;
  const retry = { of: build.id, notBefore: since + advice.afterMs };
  return { ...build, placement: null, waiting: null, retry, state: { kind: 'queued', since } };
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

/** Where the next try of a build had better not go: every node that failed under it or under its earlier tries. */
export function nodesToAvoid({
  state,
  placement,
  avoid,
}: Pick<Build, 'state' | 'placement' | 'avoid'>): string[] {
  const failedThere = state.kind === 'failed' && state.failure.class === 'infrastructure';
  return failedThere && placement !== null ? [...new Set([...avoid, placement.node])] : avoid;
}
