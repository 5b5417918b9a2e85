import type * as deployTarballs from '../../../src/messages/deploy-tarballs.ts';
import type { Samples } from './sample.ts';
import { DETAIL, deployRows, deployView } from './views.ts';

export const samples: Samples<typeof deployTarballs> = {
  targetTable: {
    'every row': (o) => [deployRows(o), DETAIL],
    'more than are shown': (o) => [deployRows(o), { ...DETAIL, tarballs: 2, links: false }],
  },
  origins: { 'a deploy': (o) => [deployView(o), DETAIL] },
  contents: {
    'every tarball': (o) => [deployRows(o), DETAIL],
    'more than are shown': (o) => [deployRows(o), { ...DETAIL, tarballs: 1, listed: 0 }],
  },
};
