import type * as knownBuilds from '../../../src/messages/known-builds.ts';
import { aBuild, states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { HEAD, n1, zen2 } from './views.ts';

const view = { headSha: HEAD, built: [], underWay: [], started: 0, insist: [] };
const many = Array.from({ length: 10 }, (_, index) => aBuild(states.built, index + 1, `x86_64/cpu_${index}`));

export const samples: Samples<typeof knownBuilds> = {
  notDoubled: {
    'one is built': (o) => [{ ...view, built: [zen2()], insist: [o('bot: build arch=zen2 --force')] }],
    'one runs, another was started': () => [{ ...view, underWay: [n1()], started: 1 }],
    'many are built, two were started': (o) => [
      { ...view, built: many, started: 2, insist: [o('bot: build arch=all --force')] },
    ],
    nothing: () => [view],
  },
};
