import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cell,
  code,
  codeBlock,
  count,
  duration,
  list,
  prose,
  sentence,
  size,
} from '../../src/messages/markdown.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [245_366_784, '234 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test.each([
  [10, '1 s'],
  [89_000, '89 s'],
  [90_000, '2 min'],
  [42 * 60_000, '42 min'],
  [185 * 60_000, '3 h 5 min'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('numbers and lists read like words', () => {
  expect([count(1, 'target'), count(26_398, 'file'), count(2, 'directory', 'directories')]).toEqual([
    '1 target',
    '26,398 files',
    '2 directories',
  ]);
  expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
});

test('a sentence keeps its names and loses its full stop', () => {
  expect(sentence('`bot/build.sh` of @jo ended with <b>1</b>.')).toBe(
    '`bot/build.sh` of @\u2060jo ended with &lt;b&gt;1&lt;/b&gt;',
  );
  expect(sentence('an odd ` stays')).toBe('an odd \\` stays');
});

test('what GitHub finds in rendered text, where no backslash is left, is not found in prose', () => {
  expect(prose('a/b#1 GH-2 1https://x _www.x ftp://x')).toBe(
    'a/b\\#\u20601 GH-\u20602 1https:\u2060//x \\_www\u2060.x ftp:\u2060//x',
  );
});

test('a bar is escaped where it would end a cell, and only there', () => {
  expect([code('a|b'), cell('a|b')]).toEqual(['`a|b`', '`a\\|b`']);
});

const hostile = fc.string({
  unit: fc.constantFrom(...'`|@#<>[]()*_~\\!&\n\t\r\u202e\u0000 ab'),
  maxLength: 60,
});

test('nothing breaks out of a code span', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const [, fence = '', body = ''] = /^(`+)([\s\S]*?)\1$/.exec(code(text)) ?? [];
      const runs = body.match(/`+/g) ?? [];
      expect(fence).not.toBe('');
      expect(runs.some((run) => run.length === fence.length)).toBe(false);
      expect(code(text)).not.toMatch(/[\n\r\u202e\u0000]/);
    }),
  );
});

test('nothing breaks out of a code block', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const lines = codeBlock(text).split('\n');
      const fence = lines[0] ?? '';
      expect(lines.at(-1)).toBe(fence);
      expect(lines.slice(1, -1).some((line) => line.includes(fence))).toBe(false);
    }),
  );
});

test('no mark of Markdown or HTML is alive in prose', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const bare = prose(text).replaceAll(/\\[\\`*_{}[\]()#+!|~]/g, '·');
      expect(bare).not.toMatch(/[`*_{}[\]#!|~<>\\\n]|@\w/);
    }),
  );
});
