import type * as deploySigners from '../../../src/messages/deploy-signers.ts';
import type { Samples } from './sample.ts';
import { deployRows } from './views.ts';

export const samples: Samples<typeof deploySigners> = {
  signers: {
    'all are signed': (o) => [deployRows(o).slice(0, 1)],
    'one is not': (o) => [deployRows(o)],
    'none is': (o) => [deployRows(o).slice(1, 2)],
  },
};
