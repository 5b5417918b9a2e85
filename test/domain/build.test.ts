import { describe, expect, it } from 'vitest';
import {
  type BuildEvent,
  type BuildState,
  type BuildStateKind,
  isFinal,
  nextBuildState,
} from '../../src/domain/build.ts';
import { plainFailure } from '../../src/domain/failure.ts';

const NOW = 1_000_000;
const handle = { node: 'zen2/node-1', directory: '/jobs/1', job: '12:34:boot' };
const exit = { kind: 'exited', code: 0 } as const;
const tests = { status: 'SUCCESS', passed: 3, failed: 0 } as const;
const artifacts = [{ id: 1, name: 'a.tar.zst', sha256: 'f'.repeat(64), bytes: 5 }];
const failure = plainFailure('build', 'build-failed', 'It failed.');

const STATES: Record<BuildStateKind, BuildState> = {
  queued: { kind: 'queued', since: 1 },
  starting: { kind: 'starting', since: 2, node: handle.node },
  running: { kind: 'running', startedAt: 3, handle },
  cancelling: { kind: 'cancelling', at: 4, by: 'ana', startedAt: 3, node: handle.node },
  collecting: { kind: 'collecting', startedAt: 3, endedAt: 5, handle, exit },
  succeeded: { kind: 'succeeded', startedAt: 3, endedAt: 5, handle, artifacts, tests },
  failed: { kind: 'failed', startedAt: 3, endedAt: 5, handle, failure },
  cancelled: { kind: 'cancelled', startedAt: 3, at: 5, by: 'ana' },
};

const EVENTS: Record<BuildEvent['kind'], BuildEvent> = {
  'node-chosen': {
    kind: 'node-chosen',
    placement: { pool: 'zen2', node: 'zen2/node-2', reason: 'the best of 2 nodes with a free slot' },
  },
  'given-back': { kind: 'given-back' },
  'job-started': { kind: 'job-started', handle },
  'job-ended': { kind: 'job-ended', exit },
  collected: { kind: 'collected', artifacts, tests },
  failed: { kind: 'failed', failure },
  'cancel-asked': { kind: 'cancel-asked', by: 'jo' },
  'job-stopped': { kind: 'job-stopped' },
};

/** All that is possible; every pair that is not here is refused. */
const TABLE: Partial<Record<`${BuildStateKind} + ${BuildEvent['kind']}`, BuildState>> = {
  'queued + node-chosen': { kind: 'starting', since: NOW, node: 'zen2/node-2' },
  'queued + failed': { kind: 'failed', startedAt: null, endedAt: NOW, handle: null, failure },
  'queued + cancel-asked': { kind: 'cancelled', startedAt: null, at: NOW, by: 'jo' },
  'starting + given-back': { kind: 'queued', since: NOW },
  'starting + job-started': { kind: 'running', startedAt: NOW, handle },
  'starting + failed': { kind: 'failed', startedAt: null, endedAt: NOW, handle: null, failure },
  'starting + cancel-asked': { kind: 'cancelling', at: NOW, by: 'jo', startedAt: null, node: handle.node },
  'running + job-ended': { kind: 'collecting', startedAt: 3, endedAt: NOW, handle, exit },
  'running + failed': { kind: 'failed', startedAt: 3, endedAt: NOW, handle, failure },
  'running + cancel-asked': { kind: 'cancelling', at: NOW, by: 'jo', startedAt: 3, node: handle.node },
  'cancelling + job-stopped': { kind: 'cancelled', startedAt: 3, at: NOW, by: 'ana' },
  'collecting + collected': { kind: 'succeeded', startedAt: 3, endedAt: 5, handle, artifacts, tests },
  'collecting + failed': { kind: 'failed', startedAt: 3, endedAt: 5, handle, failure },
};

const PAIRS = (Object.keys(STATES) as BuildStateKind[]).flatMap((state) =>
  (Object.keys(EVENTS) as BuildEvent['kind'][]).map((event) => [state, event] as const),
);

describe('the states of a build', () => {
  it.each(PAIRS)('%s + %s', (state, event) => {
    const before = structuredClone(STATES[state]);
    const next = nextBuildState(STATES[state], EVENTS[event], NOW);
    expect(next).toEqual(
      TABLE[`${state} + ${event}`] ?? {
        refused: `a build that is ${state} does not take the event ${event}`,
      },
    );
    expect(STATES[state]).toEqual(before);
  });

  it('no build succeeds without an artifact', () => {
    const empty: BuildEvent = { kind: 'collected', artifacts: [], tests };
    expect(nextBuildState(STATES.collecting, empty, NOW)).toHaveProperty('refused');
  });

  it.each(Object.values(STATES))('is final exactly when no event moves it: $kind', (state) => {
    const moves = Object.values(EVENTS).some((event) => 'kind' in nextBuildState(state, event, NOW));
    expect(isFinal(state)).toBe(!moves);
  });
});
