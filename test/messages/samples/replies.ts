import type * as replies from '../../../src/messages/replies.ts';
import { deployStates, states } from '../rows.ts';
import type { Samples } from './sample.ts';
import { deploy, HEAD, NOON, n1, zen2 } from './views.ts';

export const samples: Samples<typeof replies> = {
  notAPullRequest: { 'an issue': () => [] },
  editedCommand: { 'an edit': () => ['jo'] },
  unreadablePullRequest: { 'a pull request': () => [] },
  closedPullRequest: { merged: () => [true], closed: () => [false] },
  headMoved: {
    'it moved': () => [HEAD, true],
    'nobody knows': () => [HEAD, false],
    'by a label': () => [HEAD, true, 'the label was set'],
  },
  tooLate: { 'a command': () => [], 'a label': () => ['the label was set'] },
  status: {
    'two requests and a deploy': () => [
      [
        {
          headSha: HEAD,
          isHead: true,
          builds: [zen2(), n1()],
          usualMs: new Map([[2, 45 * 60_000]]),
          commentUrl: 'https://github.com/o/r/pull/3#c2',
        },
        {
          headSha: 'f'.repeat(40),
          isHead: false,
          builds: [zen2(states.failed)],
          usualMs: new Map(),
          commentUrl: null,
        },
      ],
      [deploy(deployStates.published)],
      ['a line of what waits'],
      NOON + 31 * 60_000,
    ],
    'nothing was built': () => [[], [], [], NOON],
    'something waits': () => [[], [], ['a line of what waits'], NOON],
  },
  pong: { 'an instance': () => ['aws-bot'] },
  nothingToRetry: { 'nothing was built': () => ['nothing was built here yet'] },
  oldCheck: { 'a check': () => ['maria', 'f'.repeat(40), HEAD] },
  retried: { 'one build': () => [[zen2()]], 'two builds': () => [[zen2(), n1()]] },
  cancelled: {
    'nothing runs': () => [[]],
    'one build': () => [[zen2()]],
    'two builds': () => [[zen2(), n1()]],
  },
  prioritised: {
    'nothing waits': () => [[]],
    'one build': () => [[zen2(states.queued)]],
    'two builds': () => [[zen2(states.queued), n1(states.queued)]],
  },
  notYet: { 'a detail': (o) => ['maria', o('GitHub answered with 502'), NOON] },
  trouble: { 'a detail': (o) => [o('GitHub answered with 422')] },
};
