import type * as reach from '../../../src/messages/reach.ts';
import type { Samples } from './sample.ts';
import { NOON, watches } from './views.ts';

const late = watches.late((text) => text)[1] ?? watches.everywhere[0];
if (late === undefined) throw new Error('no server is watched');

export const samples: Samples<typeof reach> = {
  reachSentence: {
    everywhere: () => [watches.everywhere],
    'on its way': () => [watches.onTheWay],
    'servers are late': (o) => [watches.late(o)],
    'nobody is watched': () => [[]],
  },
  lag: {
    'an older revision': () => [late],
    'no answer': (o) => [
      { ...late, revision: null, problem: o('it answers with 502.'), at: NOON + 7_200_000 },
    ],
  },
  former: { 'a revision': () => [4710], nothing: () => [0] },
};
