import type { Prospect } from '../../../src/domain/wait.ts';
import type * as waitsModule from '../../../src/messages/waits.ts';
import { deployStates } from '../rows.ts';
import type { Outside, Samples } from './sample.ts';
import { deploy, HEAD, NOON } from './views.ts';

const wait = (o: Outside) => ({
  id: 1,
  repo: 'o/r',
  pullRequest: 3,
  after: 7,
  headSha: HEAD,
  by: 'maria',
  command: o('bot: build arch=zen2'),
  source: 'comment:1:1',
  askedAt: NOON,
  state: 'waiting' as const,
});

type Waiting = Extract<Prospect, { kind: 'waits' }>;
const waits = (special: Partial<Waiting>): Prospect => ({
  ...{ kind: 'waits', merged: false, published: false, deploy: null, setBack: null },
  ...special,
});

export const samples: Samples<typeof waitsModule> = {
  waitsFor: { 'another pull request': () => [7, HEAD] },
  circular: { itself: () => [[3]], 'two of them': () => [[3, 7]] },
  neverComes: {
    'no such pull request': (o) => [wait(o), 'unknown'],
    closed: (o) => [wait(o), 'closed'],
  },
  noLongerComes: {
    closed: (o) => [wait(o), 'closed'],
    'merged and not deployed': (o) => [wait(o), 'not-deployed'],
    'merged and rejected': (o) => [wait(o), 'rejected'],
    'merged and failed': (o) => [wait(o), 'failed'],
    'merged and taken back': (o) => [wait(o), 'rolled-back'],
  },
  waitedTooLong: { 'a command': (o) => [wait(o)] },
  overtaken: {
    gone: (o) => [wait(o), 'gone'],
    closed: (o) => [wait(o), 'closed'],
    merged: (o) => [wait(o), 'merged'],
    'the branch moved': (o) => [wait(o), { headSha: HEAD }],
  },
  waitsOn: {
    rejected: (o) => [wait(o), 'rejected'],
    failed: (o) => [wait(o), 'failed'],
    'taken back': (o) => [wait(o), 'rolled-back'],
  },
  notAnyMore: { 'no right any more': (o) => [wait(o), 'that is for members of stack/builders now'] },
  calledOff: { one: (o) => [[wait(o)]], two: (o) => [[wait(o), { ...wait(o), after: 8 }]] },
  waitLine: {
    'nothing is deployed': (o) => [wait(o), waits({})],
    'a deploy waits': (o) => [wait(o), waits({ deploy: deploy(deployStates.open) })],
    'a deploy is published, of one that is merged': (o) => [
      wait(o),
      waits({ merged: true, deploy: deploy(deployStates.ingesting) }),
    ],
    'published, not merged': (o) => [wait(o), waits({ published: true })],
    'it will never come': (o) => [wait(o), { kind: 'never', why: 'closed' }],
    'it is there': (o) => [wait(o), { kind: 'ready' }],
  },
};
