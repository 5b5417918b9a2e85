import type * as easystack from '../../../src/messages/easystack.ts';
import { stack } from '../rows.ts';
import type { Samples } from './sample.ts';
import { problem, understood } from './views.ts';

const stacks = [{ name: stack.name, version: stack.version }];
const ELSEWHERE = 'eessi.io-2023.06-software';

export const samples: Samples<typeof easystack> = {
  brokenEasystacks: {
    'one problem': (o) => [[problem(o)]],
    'problems of two files': (o) => [[problem(o), { ...problem(o), file: o('other.yml'), line: 8 }]],
    'more than are shown': (o) => [
      Array.from({ length: 12 }, (_, line) => ({ ...problem(o), line: line + 1 })),
    ],
  },
  easystackCheck: { 'one problem': (o) => [[problem(o)]] },
  besideThePaths: {
    'another stack': () => [[ELSEWHERE], stacks, ['bot: build arch=zen2 --force']],
  },
  warnings: {
    'all there are': (o) => [
      { ...understood(o), easystacks: 0, pointedOut: 'abcdefg'.split('').map((name) => o(`init/${name}`)) },
      o('main'),
      [ELSEWHERE],
    ],
  },
  notice: {
    'a hook and an old branch': (o) => [understood(o), o('main')],
    nothing: (o) => [{ ...understood(o), pointedOut: [], behindBy: null }, 'main'],
  },
};
