import type * as testNames from '../../../src/messages/test-names.ts';
import type { Samples } from './sample.ts';

const failed = { status: 'FAILURE', passed: 1, failed: 2 } as const;

export const samples: Samples<typeof testNames> = {
  testNames: {
    'with names': (o) => [{ ...failed, failedTests: [o('EESSI_OSU'), o('EESSI_GROMACS')] }],
    'more than are named': (o) => [
      { ...failed, failedTests: Array.from({ length: 12 }, (_, n) => o(`T${n}`)) },
    ],
    'without names': () => [failed],
    'without counts': () => [{ ...failed, failed: null }],
  },
};
