import type * as deployView from '../../../src/messages/deploy-view.ts';
import type { Samples } from './sample.ts';
import { deployRows } from './views.ts';

export const samples: Samples<typeof deployView> = {
  targetNames: { 'ends of names tell them apart': (o) => [deployRows(o)] },
  someNames: {
    'all of them': (o) => [[o('a'), o('b')], 5, 200],
    'the first': (o) => [[o('a'), o('b'), o('c')], 1, 200],
  },
  restIn: { 'what is left out': () => ['3 modules beyond these'] },
};
