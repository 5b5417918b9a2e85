import type * as statusTable from '../../../src/messages/status-table.ts';
import { aBuild, states, statusView } from '../rows.ts';
import type { Samples } from './sample.ts';
import { failedState, testsFailedState, waiting } from './views.ts';

const detail = { rows: 200, name: 200, reasons: 5, reason: 1000, evidence: true, reports: true };
const many = Array.from({ length: 17 }, (_, index) =>
  aBuild(
    [states.built, states.failed, states.running, states.queued, states.cancelled][Math.min(index, 4)] ??
      states.built,
    index + 1,
    `x86_64/cpu_${index}`,
  ),
);

export const samples: Samples<typeof statusTable> = {
  tables: {
    'a row a build': (o) => {
      const builds = [waiting(o), aBuild(failedState(o), 2), aBuild(testsFailedState(o), 3)];
      return [statusView(builds), builds, detail];
    },
    'a table a state': () => [statusView(many), many, detail],
  },
};
