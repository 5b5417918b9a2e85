import type * as deployModules from '../../../src/messages/deploy-modules.ts';
import type { Samples } from './sample.ts';
import { DETAIL, deployRows } from './views.ts';

export const samples: Samples<typeof deployModules> = {
  moduleMatrix: {
    'a column for each target': (o) => [deployRows(o), DETAIL],
    'one for those that bring the same': (o) => [deployRows(o), { ...DETAIL, width: 30 }],
    'what is missing where': (o) => [deployRows(o), { ...DETAIL, width: 10 }],
    'more modules than rows': (o) => [deployRows(o), { ...DETAIL, modules: 1, folded: 0 }],
    nothing: () => [[], DETAIL],
  },
  lackingTargets: {
    'one lacks one': (o) => [deployRows(o), DETAIL],
    'none lacks any': (o) => [deployRows(o).slice(0, 1), DETAIL],
  },
};
