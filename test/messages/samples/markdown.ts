import type * as markdown from '../../../src/messages/markdown.ts';
import type { Samples } from './sample.ts';
import { NOON } from './views.ts';

export const samples: Samples<typeof markdown> = {
  fitBody: {
    'fits as it is': () => ['text'],
    'too long': () => [`${'a line\n'.repeat(3)}${'x'.repeat(66_000)}`],
  },
  code: { 'a name': (o) => [o('zen2')], 'with a backtick': (o) => [o('`x`')] },
  cell: { 'a name with a bar': (o) => [o('a|b')] },
  inCell: { 'bars, escaped and not': () => ['a | b \\| c'] },
  codeBlock: { 'two lines': (o) => [`${o('one')}\n${o('two')}`] },
  plain: { 'two lines': (o) => [o('one\ntwo'), 200] },
  prose: { marks: (o) => [o('*a* <b> #1 @maria')] },
  sentence: { 'a name in it': (o) => [o('`GCC.eb` does not compile.')] },
  linesWithin: { 'room for one': () => [['first', 'second'], 8] },
  details: { folded: () => ['a title', 'a body'] },
  html: { marks: (o) => [o('<b> & @maria')] },
  size: { bytes: () => [245_366_784] },
  duration: { minutes: () => [42 * 60_000] },
  clockTime: { noon: () => [NOON] },
  date: { 'a day': () => [NOON] },
  count: { one: () => [1, 'directory', 'directories'], two: () => [2, 'directory', 'directories'] },
  list: { three: () => [['a', 'b', 'c']] },
  marker: { 'a key': () => ['aws-bot', 'request:7'] },
};
