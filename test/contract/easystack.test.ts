import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONGEST_EASYSTACK, readEasystack } from '../../src/easystack/read.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/easystacks');
const fixture = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');
/** Easystacks of a real repository, beside this one where somebody put them. */
const REAL = join(import.meta.dirname, '../../..', 'shared/data/easystacks');

const read = (text: string) => {
  const result = readEasystack('a.yml', text);
  if (result.kind === 'broken') throw new Error(JSON.stringify(result.problems));
  return result.easyconfigs;
};
/** `line:column message` of each problem. */
const problems = (text: string) => {
  const result = readEasystack('a.yml', text);
  return result.kind === 'read'
    ? []
    : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
};

describe('what EasyBuild reads', () => {
  it('takes names, with and without .eb, and names that nothing stands behind', () => {
    expect(read(fixture('names.yml')).map(({ name, line }) => `${line} ${name}`)).toEqual([
      '3 foss-2024a.eb',
      '4 Boost.Python-NumPy-1.83.0-gfbf-2023b.eb',
      '5 UCX-CUDA-1.19.0-GCCcore-14.3.0-CUDA-12.9.1.eb',
      '6 EasyBuild-5.1.2.eb',
    ]);
  });

  it('takes options as they are written, and paths by their last part', () => {
    expect(read(fixture('options.yml'))).toEqual([
      {
        name: 'tool-1.0-foss-2024a.eb',
        line: 4,
        options: {
          'from-commit': '0123456789abcdef0123456789abcdef01234567',
          'include-easyblocks-from-pr': '3036',
          rebuild: 'True',
          'cuda-compute-capabilities': '8.0,9.0',
        },
      },
      {
        name: 'lit-18.1.8-GCCcore-13.3.0.eb',
        line: 11,
        options: {
          robot: 'False',
          'include-easyblocks': '/cvmfs/software.eessi.io/reprod/easyblocks/*.py',
        },
      },
    ]);
  });

  it('follows an alias', () => {
    expect(read(fixture('shared-options.yml')).map(({ options }) => options)).toEqual([
      { 'from-commit': 'abc123' },
      { 'from-commit': 'abc123' },
    ]);
  });

  it('takes an empty list, and line ends of Windows', () => {
    expect(read('easyconfigs: []\n')).toEqual([]);
    expect(read('easyconfigs:\r\n  - a-1.eb\r\n')).toMatchObject([{ name: 'a-1.eb', line: 2 }]);
  });

  // They are a copy of somebody else's repository and not part of this one.
  it.skipIf(!existsSync(REAL))('reads every easystack of a real repository', () => {
    const files = readdirSync(REAL, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yml'),
    );
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const result = readEasystack(file, readFileSync(join(REAL, file), 'utf8'));
      expect(result, file).toMatchObject({ kind: 'read' });
      if (result.kind === 'read') expect(result.easyconfigs.length, file).toBeGreaterThan(0);
    }
  });
});

describe('what is broken is said where it stands', () => {
  it.each([
    ['', ['1:1 the file is empty; it should hold `easyconfigs:` and a list']],
    ['- a.eb\n', ['1:1 the file should begin with `easyconfigs:` and a list']],
    [
      'easyconfig:\n  - a.eb\n',
      ['1:1 an easystack has no key `easyconfig`; it holds `easyconfigs:` and a list'],
    ],
    [
      'easyconfigs:\n',
      ['1:1 `easyconfigs:` should be followed by a list, one easyconfig in a line that starts with `- `'],
    ],
    ['easyconfigs:\n\t- a.eb\n', ['2:1 this line is indented with a tab; YAML wants blanks']],
    ['easyconfigs:\n  - a.eb\neasyconfigs:\n  - b.eb\n', ['3:1 `easyconfigs` stands here twice']],
    [
      'easyconfigs:\n  - a.eb:\n      options:\n        from-pr: 1\n        from-pr: 2\n',
      ['5:9 `from-pr` stands here twice'],
    ],
    [
      'easyconfigs:\n  - a.eb:\n    options:\n      from-pr: 1\n',
      [
        "3:5 `options` stands at the depth of the easyconfig's name; indent it further, or start it with `- `",
      ],
    ],
    [
      'easyconfigs:\n  - a.eb:\n      option:\n        from-pr: 1\n',
      ['3:7 an easyconfig can only have `options:`, not `option`'],
    ],
    [
      'easyconfigs:\n  - a.eb:\n      options:\n        from-pr: {a: 1}\n',
      ['4:9 the value of `from-pr` should be one line of text, a number, or a list of them'],
    ],
    ['easyconfigs:\n  - $(reboot).eb\n', ['2:5 the name of an easyconfig cannot hold `$`']],
    ['easyconfigs:\n  - "a`b.eb"\n', ['2:5 the name of an easyconfig cannot hold a backtick']],
    ['easyconfigs:\n  - a 1.eb\n', ['2:5 the name of an easyconfig cannot hold a blank']],
    ['easyconfigs:\n  - a.eb\n  -\n', ['3:4 here should be the name of an easyconfig']],
    ['easyconfigs:\n  - ../../a.eb\n', ['2:5 `../../a.eb` names no easyconfig']],
    ['easyconfigs:\n  - *gone\n', ['2:5 nothing above is called `&gone`']],
    [
      'easyconfigs:\n  - a.eb\n---\neasyconfigs: []\n',
      ['3:1 a second YAML document starts here; an easystack is one'],
    ],
    [
      Buffer.from('easyconfigs:\n  - \xe4.eb\n', 'latin1').toString('utf8'),
      ['2:5 there is a byte here that is not UTF-8 text'],
    ],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('names the line of a quote that is never closed', () => {
    const [first] = problems('easyconfigs:\n  - "a.eb\n  - b.eb\n');
    expect(first).toMatch(/^\d:\d+ this is no valid YAML: /);
  });

  it('tells at most twenty problems of a file', () => {
    expect(problems(`easyconfigs:\n${'  - a b\n'.repeat(100)}`)).toHaveLength(20);
  });
});

describe('what is made to hurt ends soon, in a problem', () => {
  const half = LONGEST_EASYSTACK / 2;
  it.each([
    [
      'a bomb of aliases',
      `a: &a [x,x]\n${[...'bcdefghij'].map((name, i) => `${name}: &${name} [${`*${'abcdefghi'[i]},`.repeat(9)}]`).join('\n')}\neasyconfigs: *j\n`,
    ],
    ['brackets without end', `easyconfigs: ${'['.repeat(half)}`],
    ['braces without end', `easyconfigs: ${'{a: '.repeat(half / 4)}`],
    ['dashes without end', `easyconfigs:\n  ${'- '.repeat(half / 2)}`],
    ['keys without end', `${'? '.repeat(half / 2)}`],
    ['stairs', Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['itself', 'easyconfigs: &a\n  - *a\n'],
    ['a very long name', `easyconfigs:\n  - ${'a'.repeat(half)}\n`],
    ['too many easyconfigs', `easyconfigs:\n${'- a\n'.repeat(100_000)}`],
    ['too large', 'x'.repeat(LONGEST_EASYSTACK + 1)],
    ['quotes without end', `easyconfigs:\n${"- '\n".repeat(50_000)}`],
  ])('%s', { timeout: 10_000 }, (_name, text) => {
    const found = problems(text);
    expect(found.length).toBeGreaterThan(0);
    for (const problem of found) expect(problem.length).toBeLessThan(400);
  });
});
