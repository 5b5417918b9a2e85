import type * as waits from '../../../src/messages/waits.ts';
import type { Outside, Samples } from './sample.ts';
import { HEAD, NOON } from './views.ts';

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

export const samples: Samples<typeof waits> = {
  waitsFor: { 'another pull request': () => [7, HEAD] },
  circular: { itself: () => [[3]], 'two of them': () => [[3, 7]] },
  neverComes: { 'no such pull request': () => [7, 'unknown'], closed: () => [7, 'closed'] },
  notAnyMore: { 'the branch moved': (o) => [wait(o), 'the branch has moved since'] },
  calledOff: { one: (o) => [[wait(o)]], two: (o) => [[wait(o), { ...wait(o), after: 8 }]] },
};
