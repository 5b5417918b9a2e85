/** What is nearly a command of ours is told what to write; prose, and what is meant for another bot, is left alone. */
import { expect, test } from 'vitest';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { SITE } from './catalogue.ts';

const almost = (comment: string, instance = SITE.instance) =>
  meantFor(parseComment(comment), { ...SITE, instance }).almost.map(({ command }) => command);

test.each([
  ['stratobot: build arch=zen2', 'bot: build arch=zen2'],
  ['Stratobot, build zen2', 'bot: build arch=zen2'],
  ['stratobot status', 'bot: status'],
  ['site-a: build arch=zen2', 'bot: build arch=zen2'],
  ['Site-A:build zen2', 'bot: build arch=zen2'],
  ['build arch=zen2', 'bot: build arch=zen2'],
  ['please build arch=zen2 repo:2025.06', 'bot: build arch=zen2 repo:2025.06'],
  ['cancel job:17', 'bot: cancel job:17'],
  ['bot build for zen2', 'bot: build arch=zen2'],
  ['bot build for zen2 and zen4 with cc80', 'bot: build arch=zen2,zen4 accel=cc80'],
  ['- bot: build arch=zen2', 'bot: build arch=zen2'],
  ['1. bot: status', 'bot: status'],
  ['**bot: build arch=zen2**', 'bot: build arch=zen2'],
  ['### bot: deploy', 'bot: deploy'],
])('%s is told', (comment, command) => {
  expect(almost(comment)).toEqual([command]);
});

test.each([
  'aws-bot: build arch=zen2',
  'jenkins: build arch=zen2',
  'note: status is unknown',
  'stratobot: what a nice tool',
  'Stratobot build failed',
  'robot: build arch=zen2',
  'build',
  'build zen2',
  'build failed for arch=zen2 again',
  'build type: Release',
  'status: all green',
  'deploy key=value',
  'log file: see below',
  'bot build for me',
  'bot build for',
  'bot deploy and rollback',
  '- bot: builds again',
  '- `bot: build arch=zen2`',
  '> - bot: build arch=zen2',
  'build arch=zen2 on my laptop fails',
])('%s is left alone', (comment) => {
  expect(almost(comment)).toEqual([]);
});

test('what is left alone has its reason', () => {
  const ignored = (comment: string) => meantFor(parseComment(comment), SITE).ignored;
  expect(ignored('- bot: it is slow\n**bot: builds**')).toEqual([
    { line: 1, reason: 'markup' },
    { line: 2, reason: 'markup' },
  ]);
  expect(ignored('aws-bot: build arch=zen2')).toEqual([]);
});

test('an instance hears its own name', () => {
  expect(almost('aws-bot: build arch=zen2', 'aws-bot')).toEqual(['bot: build arch=zen2']);
});

// A line of digits took seconds once, and a comment may have hundreds.
test.each(['9', '-', '🤖', '* ', '9 ', 'please ', '@bot', 'bot', 'a.', ' '])(
  'lines full of “%s” are read like any other',
  (unit) => {
    const line = unit.repeat(290 / unit.length);
    expect(almost(Array.from({ length: 200 }, () => line).join('\n'))).toEqual([]);
  },
);
