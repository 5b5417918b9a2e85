import type * as statusFailures from '../../../src/messages/status-failures.ts';
import { states, statusView } from '../rows.ts';
import type { Samples } from './sample.ts';
import { failedState, n1, testsFailedState, zen2 } from './views.ts';

const detail = { rows: 200, name: 200, reasons: 1, reason: 1000, evidence: true, reports: true };

export const samples: Samples<typeof statusFailures> = {
  failures: {
    'two for one reason': (o) => [statusView([]), [zen2(failedState(o)), n1(failedState(o))], detail],
    'two reasons': (o) => [statusView([]), [zen2(failedState(o)), n1(states.conflict)], detail],
  },
  failedTests: { 'of two targets': (o) => [[zen2(testsFailedState(o)), n1(testsFailedState(o))], detail] },
};
