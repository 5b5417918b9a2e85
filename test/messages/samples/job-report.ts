import type { Build } from '../../../src/domain/build.ts';
import type { JobReport } from '../../../src/domain/job-report.ts';
import type * as jobReport from '../../../src/messages/job-report.ts';
import { states } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { n1, zen2 } from './views.ts';

const told = (o: Outside): JobReport => ({
  build: {
    lines: [
      { depth: 0, heading: true, parts: [{ text: o('Details') }] },
      { depth: 1, parts: [{ text: o('✅ no message matching ') }, { text: o('ERROR: '), code: true }] },
      { depth: 0, heading: true, parts: [{ text: o('eessi-1.tar.zst'), code: true }] },
      { depth: 1, parts: [{ text: o('size: 7 MiB') }] },
    ],
    more: 0,
  },
  test: { lines: [{ depth: 0, parts: [{ text: o('[  PASSED  ] Ran 3/3 test case(s)') }] }], more: 12 },
});

const built = (o: Outside): Build => zen2({ ...states.built, report: told(o) });
const failed = (o: Outside): Build =>
  n1({ ...states.failed, report: { build: told(o).build ?? { lines: [], more: 0 } } });

export const samples: Samples<typeof jobReport> = {
  jobReport: { 'both scripts': (o) => [built(o)], nothing: () => [zen2()] },
  jobReports: {
    'two builds': (o) => [[built(o), failed(o)]],
    'a build of which nothing is told': () => [[zen2()]],
  },
};
