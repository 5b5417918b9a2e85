import type * as checkSummary from '../../../src/messages/check-summary.ts';
import { stack, states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { failedState, n1, testsFailedState, zen2 } from './views.ts';

const of = (builds: Parameters<typeof checkSummary.summaryCheck>[0]['builds']) => ({
  name: 'stratobot / summary',
  builds,
  repositories: new Map([[stack.id, stack]]),
});

export const samples: Samples<typeof checkSummary> = {
  summaryCheck: {
    'all waits': () => [of([zen2(states.queued), n1(states.queued)])],
    'under way': () => [of([zen2(), n1()])],
    'all is built': () => [of([zen2(), n1(states.built)])],
    'built, and tests failed': (o) => [of([zen2(testsFailedState(o)), n1(states.built)])],
    'one failed': (o) => [of([zen2(), n1(failedState(o))])],
    'one was cancelled': () => [of([zen2(), n1(states.cancelled)])],
  },
};
