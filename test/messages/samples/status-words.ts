import type * as statusWords from '../../../src/messages/status-words.ts';
import { states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { NOON, n1, waiting, zen2 } from './views.ts';

export const samples: Samples<typeof statusWords> = {
  sign: { built: () => [zen2()], 'tests failed': () => [zen2(states.testsFailed)], runs: () => [n1()] },
  headline: {
    one: () => [[zen2()]],
    'one of two': () => [[zen2(), n1()]],
    all: () => [[zen2(), n1(states.built)]],
    'all, one with failed tests': () => [[zen2(), n1(states.testsFailed)]],
  },
  took: {
    'waits for a node': () => [zen2(states.queued)],
    'waits for something': (o) => [waiting(o)],
    'will be tried again': () => [{ ...zen2(states.queued), retry: { of: 1, notBefore: NOON + 60_000 } }],
    runs: () => [n1()],
    'runs, and such builds are known': () => [n1(), 45 * 60_000],
    built: () => [zen2()],
    cancelled: () => [zen2(states.cancelled)],
    'never ran': () => [zen2(states.conflict)],
  },
  soFar: {
    'runs as usual': () => [n1(), NOON + 31 * 60_000, 45 * 60_000],
    'nothing to compare with': () => [n1(), NOON + 31 * 60_000],
    'does not run': () => [zen2(), NOON],
  },
  tests: {
    passed: () => [states.built],
    failed: () => [states.testsFailed],
    'not built': () => [states.running],
  },
};
