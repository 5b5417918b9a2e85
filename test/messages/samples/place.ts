import type * as place from '../../../src/messages/place.ts';
import { aBuild, states } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { NOON, zen2 } from './views.ts';

const chosen = (o: Outside) => ({
  ...zen2(),
  placement: { pool: 'zen2', node: 'zen2/node-1', reason: o('the fastest of 3 free nodes'), at: NOON },
});
const spare = { ...aBuild(states.queued), pools: ['zen2', 'zen2-spare'] };

export const samples: Samples<typeof place> = {
  placeAndReason: { 'on a node': (o) => [chosen(o)], 'not placed yet': () => [spare] },
  place: {
    'on the only node': () => [zen2()],
    'on a node of several': (o) => [chosen(o)],
    'waits for one of two pools': () => [spare],
    'waits, with priority': () => [{ ...spare, priority: { by: 'maria', at: NOON } }],
  },
};
