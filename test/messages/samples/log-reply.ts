import type * as logReply from '../../../src/messages/log-reply.ts';
import { states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { failedState, n1, zen2 } from './views.ts';

const url = 'https://bot.example.org/builds/1/log';

export const samples: Samples<typeof logReply> = {
  logEnds: {
    'one with a log, one without, more': (o) => [
      [
        { build: zen2(failedState(o)), lines: [o('gcc tool.c'), o('error: no')], url },
        { build: n1(states.queued), lines: [], url },
      ],
      1,
    ],
  },
  noLogs: { 'nothing was built': () => [] },
};
