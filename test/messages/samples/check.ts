import type * as check from '../../../src/messages/check.ts';
import { aBuild, stack, states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { failedState, testsFailedState, waiting } from './views.ts';

export const samples: Samples<typeof check> = {
  buildCheck: {
    'waits for a node': () => ['aws-bot', aBuild(states.queued), stack],
    'waits for something': (o) => ['aws-bot', waiting(o), stack],
    starting: () => ['aws-bot', aBuild(states.starting), stack],
    running: () => ['aws-bot', aBuild(states.running), stack],
    'submitted, and waits there': (o) => [
      'aws-bot',
      { ...aBuild(states.running), waiting: o('the queue says Resources') },
      stack,
    ],
    'being cancelled': () => ['aws-bot', aBuild(states.cancelling), stack],
    collecting: () => ['aws-bot', aBuild(states.collecting), stack],
    built: () => ['aws-bot', aBuild(states.built), stack],
    'built, and tests failed': (o) => ['aws-bot', aBuild(testsFailedState(o)), stack],
    failed: (o) => ['aws-bot', aBuild(failedState(o)), stack],
    'does not merge': () => ['aws-bot', aBuild(states.conflict), stack],
    cancelled: () => ['aws-bot', aBuild(states.cancelled), undefined],
  },
};
