import type * as chat from '../../../src/messages/chat.ts';
import { request, states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { n1, zen2 } from './views.ts';

export const samples: Samples<typeof chat> = {
  started: { 'two targets': () => [request, [zen2(), n1()]] },
  ended: {
    'one target': () => [request, [zen2()]],
    'some of it failed': () => [request, [zen2(), n1(states.failed)]],
  },
};
