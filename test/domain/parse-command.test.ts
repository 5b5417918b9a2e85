import { describe, expect, it } from 'vitest';
import { type Command, type Mistake, printCommand } from '../../src/domain/command.ts';
import { LONGEST_LINE, meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { DEFAULT_REQUEST_LIMITS } from '../../src/domain/request-limits.ts';
import { SITE } from './catalogue.ts';

/** The commands of a body as they would be typed cleanly. */
function clean(body: string): string[] {
  const parsed = parseComment(body);
  expect(parsed.mistakes).toEqual([]);
  return parsed.commands.map(printCommand);
}

/** Mistakes as people see them: code, the underlined text, the hint. */
function wrong(body: string): (string | null)[][] {
  return parseComment(body).mistakes.map((mistake) => [mistake.code, underlined(mistake), mistake.hint]);
}

function underlined(mistake: Mistake | Command): string {
  return mistake.source.slice(mistake.column - 1, mistake.column - 1 + mistake.length);
}

function ignored(body: string): [number, string][] {
  const parsed = parseComment(body);
  expect(parsed.commands).toEqual([]);
  expect(parsed.mistakes).toEqual([]);
  return parsed.ignored.map(({ line, reason }) => [line, reason]);
}

describe('ways to write a command', () => {
  it.each([
    ['bot: build arch=zen2', 'bot: build arch=zen2'],
    ['bot:build arch:zen2', 'bot: build arch=zen2'],
    ['  Bot:  BUILD   Arch=zen2 ', 'bot: build arch=zen2'],
    ['@stratobot bot: build arch=zen2', 'bot: build arch=zen2'],
    ['@stratobot[bot], bot: build arch=zen2', 'bot: build arch=zen2'],
    ['bot: build arc=zen2', 'bot: build arch=zen2'],
    ['bot: build architecture:zen2', 'bot: build arch=zen2'],
    ['bot: build arch: zen2', 'bot: build arch=zen2'],
    ['bot: build arch = zen2', 'bot: build arch=zen2'],
    ['bot: build arch =zen2', 'bot: build arch=zen2'],
    ['bot: build arch=zen2,', 'bot: build arch=zen2'],
    ['bot: build arch=zen2, repo:2025.06,', 'bot: build arch=zen2 repo:2025.06'],
    ['bot: build arch=zen2,zen3', 'bot: build arch=zen2,zen3'],
    ['bot: build arch=zen2, zen3 ,zen4', 'bot: build arch=zen2,zen3,zen4'],
    ['bot: build arch=zen2 arch=zen3', 'bot: build arch=zen2,zen3'],
    ['bot: build arch=x86_64-amd-zen2', 'bot: build arch=x86_64/amd/zen2'],
    ['bot: build arch=x86_64/*', 'bot: build arch=x86_64/*'],
    ['bot: build arch=all', 'bot: build arch=all'],
    ['bot: build arch=zen2 accel=nvidia=cc80', 'bot: build arch=zen2 accel=nvidia/cc80'],
    ['bot: build arch=zen2,accel:nvidia/cc80', 'bot: build arch=zen2 accel=nvidia/cc80'],
    ['bot: build arch=zen2 acc=cc70,nvidia=cc90', 'bot: build arch=zen2 accel=cc70,nvidia/cc90'],
    [
      'bot: build arch=zen2 accel:nvidia/cc70+nvidia=cc90',
      'bot: build arch=zen2 accel=nvidia/cc70+nvidia/cc90',
    ],
    [
      'bot: build on:arch=zen4,accel=nvidia=cc80 for:arch=x86_64-amd-zen2,accel=nvidia/cc80',
      'bot: build on:arch=zen4,accel=nvidia/cc80 for:arch=x86_64/amd/zen2,accel=nvidia/cc80',
    ],
    [
      'bot: build on: arch=zen4 , accel=cc80 for:arch=zen2, zen3',
      'bot: build on:arch=zen4,accel=cc80 for:arch=zen2,zen3',
    ],
    ['bot: build repository:eessi.io-2025.06-software', 'bot: build repo:eessi.io-2025.06-software'],
    ['bot: build inst:aws instance:azure', 'bot: build inst:aws,azure'],
    ['bot: build exportvariable:SKIP_TESTS=yes', 'bot: build export:SKIP_TESTS=yes'],
    ['bot: build export: A=1 export:B=a=b:c', 'bot: build export:A=1 export:B=a=b:c'],
    ['bot: cancel job:17, 18', 'bot: cancel job:17,18'],
    ['bot: help', 'bot: help'],
    ['bot: help Build', 'bot: help build'],
    ['bot: status', 'bot: status'],
    ['bot: status last_build inst:aws', 'bot: status last_build inst:aws'],
    ['bot: show_config', 'bot: show_config'],
    ['bot: deploy', 'bot: deploy'],
    ['bot: ping', 'bot: ping'],
    ['bot:\tbuild\u00a0arch=zen2', 'bot: build arch=zen2'],
    ['\ufeffbo\u200bt: build arch=ze\u2060n2\u200b', 'bot: build arch=zen2'],
  ])('%j', (typed, meant) => {
    expect(clean(typed)).toEqual([meant]);
  });

  it('finds the commands between prose, whatever ends the lines', () => {
    const body =
      'Thanks!\r\nbot: build arch=zen2\r\nand the robot: it says\n\rbot: build arch=zen3\nbot: status';
    expect(clean(body)).toEqual(['bot: build arch=zen2', 'bot: build arch=zen3', 'bot: status']);
    expect(parseComment(body).commands.map((command) => command.line)).toEqual([2, 5, 6]);
  });

  it('knows where each word stands', () => {
    const [command] = parseComment('\n@me bot: build  arch: zen2').commands;
    expect(command).toMatchObject({ line: 2, column: 10, length: 5 });
    expect(command?.filters.arch).toEqual([{ text: 'zen2', column: 23, length: 4 }]);
  });

  it('takes prose for prose', () => {
    expect(parseComment('The bot: it is slow\nthis robot: build arch=zen2\n')).toEqual({
      commands: [],
      mistakes: [],
      almost: [],
      ignored: [{ line: 1, reason: 'prose' }],
      keepGoing: [],
    });
  });
});

describe('mistakes', () => {
  const TAKES_ALL = 'deploy takes all that is built; bot: drop leaves targets out';

  it.each([
    ['bot:', 'no-command', 'bot:', 'write bot: help'],
    ['bot: bild arch=zen2', 'unknown-command', 'bild', 'did you mean build?'],
    ['bot: stop', 'unknown-command', 'stop', 'did you mean cancel?'],
    ['bot: rerun arch=zen2', 'unknown-command', 'rerun', 'did you mean retry?'],
    ['bot: show-config', 'unknown-command', 'show-config', 'did you mean show_config?'],
    ['bot: please help', 'unknown-command', 'please', null],
    ['bot: build zen2', 'unexpected-word', 'zen2', null],
    [
      'bot: deploy now',
      'unexpected-word',
      'now',
      'leave it out: deploy takes all that is built; bot: drop leaves targets out',
    ],
    ['bot: status lastbuild', 'unexpected-word', 'lastbuild', 'did you mean last_build?'],
    ['bot: status all all', 'unexpected-word', 'all', 'write bot: status [all|last_build]'],
    ['bot: build rpo:2025.06', 'unknown-filter', 'rpo', 'did you mean repo?'],
    ['bot: build ar=zen2', 'unknown-filter', 'ar', 'did you mean arch?'],
    ['bot: build :zen2', 'unknown-filter', ':', null],
    ['bot: deploy arch=zen2', 'filter-not-taken', 'arch', TAKES_ALL],
    ['bot: deploy rebuild repository:2025.06', 'filter-not-taken', 'repository', TAKES_ALL],
    ['bot: deploy export:A=b', 'filter-not-taken', 'export', null],
    ['bot: build arch=zen2 job:1', 'filter-not-taken', 'job', null],
    ['bot: build arch:', 'missing-value', 'arch', 'write arch=… with a value'],
    ['bot: build arch: repo:x', 'missing-value', 'arch', 'write arch=… with a value'],
    ['bot: build on: for:arch=zen2', 'bad-value', 'for:arch=zen2', 'write on:arch=…'],
    ['bot: build for:arch=zen2,accel=', 'missing-value', 'accel', 'write accel=… with a value'],
    ['bot: build for:', 'missing-value', 'for', 'write for:arch=…'],
    ['bot: build for:zen2', 'bad-value', 'zen2', 'did you mean arch=zen2?'],
    ['bot: build for:accel=nvidia/cc80', 'bad-value', 'accel=nvidia/cc80', 'write for:arch=…'],
    ['bot: build for:arch=zen2 for:arch=zen3', 'filter-twice', 'for', 'write a second command'],
    ['bot: build for:arch=zen2 arch=zen3', 'filters-mixed', 'arch', 'write for:arch=…,accel=…'],
    ['bot: build accel=cc80 on:arch=zen2', 'filters-mixed', 'on', 'write for:arch=…,accel=…'],
    ['bot: build arch=ze$n', 'bad-value', '$', 'as in arch=x86_64/amd/zen2'],
    ['bot: build arch=`zen2`', 'bad-value', '`', 'write it without quotes'],
    ['bot: build arch=zen2🙂', 'bad-value', '🙂', 'as in arch=x86_64/amd/zen2'],
    ['bot: build arch=../../etc', 'bad-value', '../../etc', 'as in arch=x86_64/amd/zen2'],
    ['bot: build arch=zen2;reboot', 'bad-value', ';', 'a comma or a blank separates values'],
    ['bot: build arch=zen2 repo:a|b', 'bad-value', '|', 'a comma or a blank separates values'],
    ['bot: build accel=nvidia/cc70+', 'bad-value', 'nvidia/cc70+', 'as in accel=nvidia/cc80'],
    ['bot: build arch=x86_64:zen2', 'bad-value', ':', 'as in arch=x86_64/amd/zen2'],
    ['bot: build export:SKIP_TESTS', 'missing-value', 'SKIP_TESTS', 'write export:NAME=value'],
    ['bot: build export:A=', 'missing-value', 'A=', 'write export:NAME=value'],
    ['bot: build export:A=$(id)', 'bad-value', '$', 'letters, digits and _ . / : + = @ % - are taken'],
    ['bot: build export:A=a"b', 'bad-value', '"', 'write it without quotes'],
    ['bot: build export:A-B=1', 'bad-value', '-', 'as in export:NAME=value'],
    ['bot: build export:1A=1', 'bad-value', '1A', 'as in export:NAME=value'],
    ['bot: build export:A=1,2', 'bad-value', '2', 'leave it out'],
    ['bot: build export:A=1 export:A=2', 'filter-twice', 'A', 'leave one out'],
    ['bot: cancel job:x1', 'bad-value', 'x', 'the number of a build, as in job:17'],
    ['bot: cancel job:0', 'bad-value', '0', 'the number of a build, as in job:17'],
  ])('%j: %s at %j', (typed, code, at, hint) => {
    expect(wrong(typed)).toEqual([[code, at, hint]]);
  });

  it('bounds the length of values', () => {
    const long = 'x'.repeat(257);
    expect(wrong(`bot: build export:A=${long}`)).toEqual([['bad-value', long, 'write a shorter one']]);
    expect(clean(`bot: build export:A=${long.slice(1)}`)).toHaveLength(1);
    expect(wrong(`bot: build arch=${long}`)).toEqual([['bad-value', long, 'write a shorter one']]);
  });

  it('bounds the length of a command line', () => {
    const [mistake] = parseComment(`bot: build ${'arch=zen2 '.repeat(LONGEST_LINE)}x`).mistakes;
    expect(mistake).toMatchObject({ code: 'line-too-long', column: LONGEST_LINE });
    expect(mistake?.source).toHaveLength(LONGEST_LINE);
  });

  it('refuses a comment that is too long where it holds a command, wherever that stands', () => {
    const limits = { ...DEFAULT_REQUEST_LIMITS, commentLength: 30 };
    const codes = (body: string) => parseComment(body, limits).mistakes.map(({ code }) => code);
    expect(codes(`bot: ping\n${'x'.repeat(20)}`)).toEqual([]);
    expect(codes(`bot: ping\n${'x'.repeat(21)}`)).toEqual(['comment-too-long']);
    expect(codes(`bot: ping\n${'🚀'.repeat(20)}`)).toEqual([]);
    expect(codes(`bot: ping\n${'🚀'.repeat(21)}`)).toEqual(['comment-too-long']);
    expect(codes(`${'x'.repeat(40)}\nBot: ping`)).toEqual(['comment-too-long']);
    expect(codes(`${'x'.repeat(25)} bot: ping`)).toEqual([]);
    expect(codes(`bot: ping ${'x'.repeat(40)}`)).toEqual(['comment-too-long']);
    expect(codes('x'.repeat(40))).toEqual([]);
    expect(parseComment(`x\n${'x'.repeat(40)}\r\n bot: ping\n`, limits).mistakes).toMatchObject([
      { line: 3, source: ' bot: ping' },
    ]);
  });

  it('reads so many commands and says where it stopped', () => {
    const parsed = parseComment('bot: ping\n'.repeat(6_000));
    expect(parsed.commands).toHaveLength(20);
    expect(parsed.mistakes).toMatchObject([{ code: 'too-many-commands', line: 21 }]);
  });

  it('tells several mistakes of one line from left to right, and not more than three', () => {
    expect(wrong('bot: build rpo:x arch=a$b zen2 zen3').map(([code]) => code)).toEqual([
      'unknown-filter',
      'bad-value',
      'unexpected-word',
    ]);
  });

  it('drops the rest of a list whose filter is unknown', () => {
    expect(wrong('bot: build arhc=zen2,zen3')).toEqual([['unknown-filter', 'arhc', 'did you mean arch?']]);
  });

  it('keeps other lines', () => {
    const parsed = parseComment('bot: bild\nbot: build arch=zen2');
    expect(parsed.commands.map(printCommand)).toEqual(['bot: build arch=zen2']);
    expect(parsed.mistakes).toHaveLength(1);
  });
});

describe('what is shown, not said', () => {
  it.each([
    ['> bot: build arch=zen2', [[1, 'quote']]],
    ['>> bot: build', [[1, 'quote']]],
    ['`bot: build arch=zen2`', [[1, 'inline-code']]],
    ['```\nbot: build\n```', [[2, 'code-block']]],
    ['```a\u2028b\nbot: build\n```', [[2, 'code-block']]],
    [
      '~~~ text\nbot: build\n```\nbot: build',
      [
        [2, 'code-block'],
        [4, 'code-block'],
      ],
    ],
    [
      '````\nbot: build\n```\nbot: build\n````',
      [
        [2, 'code-block'],
        [4, 'code-block'],
      ],
    ],
    ['1. Like so:\n\n   ```\n   bot: build\n   ```', [[4, 'code-block']]],
    ['- ```\n  bot: build\n  ```', [[2, 'code-block']]],
    ['Like so:\n\n    bot: build', [[3, 'code-block']]],
    ['\tbot: build', [[1, 'code-block']]],
    [
      '<!-- bot: build\nbot: build\n\nbot: build -->',
      [
        [1, 'html-comment'],
        [2, 'html-comment'],
        [4, 'html-comment'],
      ],
    ],
    ['<!--\nbot: build', [[2, 'html-comment']]],
    ['Text <!-- that\nbot: build\n--> goes on', [[2, 'html-comment']]],
    ['<!-- a -->b<!-- c\nbot: build\n-->', [[2, 'html-comment']]],
    ['<!-- a\n--> <!-- b\nbot: build\n-->', [[3, 'html-comment']]],
    ['<pre>\nbot: build\n</pre>', [[2, 'code-block']]],
  ])('%j', (body, expected) => {
    expect(ignored(body)).toEqual(expected);
  });

  it.each([
    ['```\ncode\n```\nbot: ping'],
    ['~~~\ncode\n~~~~  \nbot: ping'],
    ['```not a fence```\nbot: ping'],
    ['> quoted\n\nbot: ping'],
    ['> quoted\nbot: ping'],
    ['> ```\n> code\n\nbot: ping'],
    ['Text\n    bot: ping'],
    ['<!-- hidden -->\nbot: ping'],
    ['<!--\nhidden\n-->\nbot: ping'],
    ['Text <!-- never closed\n\nbot: ping'],
    ['About `<!--` in code\nbot: ping'],
    ['<pre>code</pre>\nbot: ping'],
    ['   bot: ping'],
  ])('but is said in %j', (body) => {
    expect(clean(body)).toEqual(['bot: ping']);
  });
});

describe('instances', () => {
  const body = 'bot: ping inst:aws\nbot: bild inst:aws\nbot: build zen2 inst:azure\nbot: status';

  it('leaves out commands and mistakes that are for others', () => {
    const meant = meantFor(parseComment(body), { ...SITE, instance: 'aws-1' });
    expect(meant.commands.map(printCommand)).toEqual(['bot: ping inst:aws', 'bot: status']);
    expect(meant.mistakes.map((mistake) => mistake.line)).toEqual([2]);
  });

  it.each([
    ['aws', 'AWS-1', true],
    ['aw', 'aws-1', false],
    ['ab', 'ab', true],
    ['aws-2', 'aws-1', false],
    ['aws-1', 'aws', false],
  ])('inst:%s for the instance %s: %s', (typed, own, expected) => {
    const meant = meantFor(parseComment(`bot: ping inst:${typed}`), { ...SITE, instance: own });
    expect(meant.commands).toHaveLength(expected ? 1 : 0);
  });
});
