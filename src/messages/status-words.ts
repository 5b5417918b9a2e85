import { type Build, type BuildState, type TestOutcome, testsFailed } from '../domain/build.ts';
import { clockTime, count, duration, sentence } from './markdown.ts';

const WORDS: Record<BuildState['kind'], string> = {
  queued: 'waiting',
  starting: 'starting',
  running: 'running',
  cancelling: 'being cancelled',
  collecting: 'being collected',
  succeeded: 'built',
  failed: 'failed',
  cancelled: 'cancelled',
};

const SIGNS: Record<BuildState['kind'], string> = {
  queued: '🕓',
  starting: '⏳',
  running: '⏳',
  cancelling: '🚫',
  collecting: '📦',
  succeeded: '✅',
  failed: '❌',
  cancelled: '🚫',
};

/** The one character for the state of a build. */
export function sign(build: Build): string {
  return testsFailed(build) ? '⚠️' : SIGNS[build.state.kind];
}

/** `4 of 6 targets built, 1 failed, 1 running`; of one build a single word. */
export function headline(builds: readonly Build[]): string {
  const [first, ...others] = builds;
  if (first !== undefined && others.length === 0)
    return testsFailed(first) ? 'built, but tests failed' : WORDS[first.state.kind];
  const tally = (...kinds: BuildState['kind'][]) =>
    builds.filter((build) => kinds.includes(build.state.kind)).length;
  const built = tally('succeeded');
  const failing = builds.filter(testsFailed).length;
  const all =
    built === builds.length
      ? `all ${built} targets built`
      : `${built} of ${count(builds.length, 'target')} built`;
  const parts = [failing > 0 ? `${all} (${failing} with failed tests)` : all];
  const say = (n: number, word: string) => n > 0 && parts.push(`${n} ${word}`);
  say(tally('failed'), 'failed');
  say(tally('cancelled', 'cancelling'), 'cancelled');
  say(tally('running', 'starting'), 'running');
  say(tally('collecting'), 'being collected');
  say(tally('queued'), 'waiting');
  return parts.join(', ');
}

/**
 * How long a build took, or what it does.
 * @param usualMs how long such builds take
 */
export function took({ state, waiting, retry }: Build, usualMs?: number): string {
  switch (state.kind) {
    case 'queued':
      if (retry !== null && retry.notBefore > state.since)
        return `will be tried again at ${clockTime(retry.notBefore)}`;
      if (waiting !== null) return `waits: ${sentence(waiting)}`;
      return retry === null ? 'waits for a node' : 'will be tried again';
    case 'starting':
      return 'starting';
    case 'running':
      if (waiting !== null) return `waits: ${sentence(waiting)}`;
      // Not how long ago: the comment is not written again while nothing happens.
      return `since ${clockTime(state.startedAt)}${usualMs === undefined ? '' : `, usually takes ${duration(usualMs)}`}`;
    case 'cancelling':
      return 'being cancelled';
    case 'cancelled':
      return state.startedAt === null
        ? 'cancelled'
        : `cancelled after ${duration(state.at - state.startedAt)}`;
    case 'failed':
      return state.startedAt === null ? 'not started' : duration(state.endedAt - state.startedAt);
    default:
      return duration(state.endedAt - state.startedAt);
  }
}

/** `31 min of about 45 min`: how far a build is at this moment; empty for one that does not run. */
export function soFar({ state, waiting }: Build, now: number, usualMs?: number): string {
  if (state.kind !== 'running' || waiting !== null) return '';
  const ran = duration(now - state.startedAt);
  return usualMs === undefined ? ran : `${ran} of about ${duration(usualMs)}`;
}

/** What the tests of a build said; empty where it is not built. */
export function tests(state: BuildState): string {
  return state.kind === 'succeeded' ? testWords(state.tests) : '';
}

function testWords({ status, passed, failed, skipped }: TestOutcome): string {
  if (status === 'SKIPPED') return 'skipped';
  if (status === 'UNKNOWN') return 'no result';
  if (passed === null) return status === 'SUCCESS' ? 'passed' : '**failed**';
  return [
    `${passed} passed`,
    ...(failed ? [`**${failed} failed**`] : status === 'FAILURE' ? ['**failed**'] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ].join(', ');
}
