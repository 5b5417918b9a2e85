import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIni } from '../../src/domain/configparser.ts';
import { parseResultFile, parseTestFile } from '../../src/domain/result-file.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/results');
/** Files of real scripts that lie beside some checkouts. */
const REAL = join(import.meta.dirname, '../../../shared/data/results');

const fixture = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');

describe('the INI format of configparser', () => {
  function options(text: string): Record<string, string> {
    return Object.fromEntries(readIni(`[s]\n${text}`).get('s') ?? []);
  }

  it.each<[string, Record<string, string>]>([
    ['a = 1\nB: 2', { a: '1', b: '2' }],
    ['a=b=c:d', { a: 'b=c:d' }],
    ['a : b = c', { a: 'b = c' }],
    ['long key = v', { 'long key': 'v' }],
    ['a =\nb = ', { a: '', b: '' }],
    ['a = 1\n  2\n\t3\nb = 4', { a: '1\n2\n3', b: '4' }],
    ['a = 1\n\n  2\n\n\nb = 3', { a: '1\n\n2', b: '3' }],
    ['  a = 1\n  b = 2\n    more', { a: '1', b: '2\nmore' }],
    ['a = 1\n  # no\n  ; no\n  2', { a: '1\n2' }],
    ['# a = 1\n; b = 2\nc = 3 # kept ; too', { c: '3 # kept ; too' }],
    ['a = 1\n [x]\n b = 2', { a: '1\n[x]\nb = 2' }],
    ['a = 100%% %(b)s %', { a: '100% %(b)s %' }],
    ['A = 1\na = 2', { a: '2' }],
    ['a = 1\r\n  2\r\nb = 3', { a: '1\n2', b: '3' }],
    ['no value\na = 1\n= nameless', { a: '1' }],
    ['[s]\na = 1\n[t]\na = 2\n[s]\nb = 3', { a: '1', b: '3' }],
    [
      '__proto__ = 1\nconstructor = 2',
      Object.fromEntries([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    ],
  ])('%j', (text, expected) => {
    expect(options(text)).toEqual(expected);
  });

  it('finds nothing before the first section', () => {
    expect([...readIni('a = 1\n\n[]\n[s\n')]).toEqual([]);
    expect([...readIni('\ufeff[s] # text\n').keys()]).toEqual(['s']);
  });
});

describe('the result file', () => {
  it('names artifacts', () => {
    expect(parseResultFile(fixture('success.result'))).toEqual({
      status: 'SUCCESS',
      artefacts: [
        'eessi-2025.06-software-linux-x86_64-amd-zen2-17455576260.tar.zst',
        'eessi-2025.06-init-17455576261.tar.gz',
      ],
      description: expect.stringContaining('100% wrong: '),
    });
  });

  it('may name none', () => {
    expect(parseResultFile(fixture('failure.result'))).toMatchObject({ status: 'FAILURE', artefacts: [] });
    expect(parseResultFile('[RESULT]\nstatus = UNKNOWN')).toEqual({
      status: 'UNKNOWN',
      artefacts: [],
      description: '',
    });
  });

  it('names an artifact once', () => {
    expect(parseResultFile('[RESULT]\nstatus=SUCCESS\nartefacts = a\n b\n a')).toMatchObject({
      artefacts: ['a', 'b'],
    });
  });

  it.each([
    ['', 'The result file has no section RESULT.'],
    ['[TEST]\nstatus = SUCCESS', 'The result file has no section RESULT.'],
    ['[RESULT]', 'The result file gives no status.'],
    [
      '[RESULT]\nstatus = <b>fine</b>',
      'The result file gives a status that is not SUCCESS, FAILURE or UNKNOWN.',
    ],
    [
      `[RESULT]\nstatus=SUCCESS\nartefacts =${Array.from({ length: 101 }, (_, i) => `\n a${i}`).join('')}`,
      'The result file names 101 artifacts; at most 100 are read.',
    ],
    ['x'.repeat(1024 * 1024 + 1), 'The result file is larger than 1 MiB.'],
  ])('tells what is wrong: %#', (text, problem) => {
    expect(parseResultFile(text)).toEqual({ problem });
  });
});

describe('the test file', () => {
  it('counts cases and names those that failed', () => {
    expect(parseTestFile(fixture('failure.test'))).toEqual({
      outcome: {
        status: 'FAILURE',
        passed: 2,
        failed: 3,
        skipped: 0,
        failedTests: ['EESSI_OSU_pt2pt_CPU', 'EESSI_mpi4py'],
      },
      description: expect.stringContaining('%scale=1_node'),
    });
  });

  it('may stand under RESULT, but TEST goes first', () => {
    expect(parseTestFile('[RESULT]\nstatus = SUCCESS')).toMatchObject({
      outcome: { status: 'SUCCESS', passed: null, failed: null, failedTests: [] },
    });
    expect(parseTestFile('[RESULT]\nstatus = SUCCESS\n[TEST]\nstatus = FAILURE')).toMatchObject({
      outcome: { status: 'FAILURE' },
    });
  });

  it('takes the last summary', () => {
    const run = (failures: number) =>
      `Ran 3/3 test case(s) from 3 check(s) (${failures} failure(s), 0 skipped, 0 aborted)`;
    expect(parseTestFile(`[TEST]\nstatus=SUCCESS\ncomment_description=${run(1)}\n ${run(0)}`)).toMatchObject({
      outcome: { passed: 3, failed: 0 },
    });
  });

  it('tells what is wrong', () => {
    expect(parseTestFile('status = SUCCESS')).toEqual({
      problem: 'The test file has no section TEST or RESULT.',
    });
  });
});

// Skipped where those files do not lie beside the checkout; the fixtures above have the same shapes.
describe.skipIf(!existsSync(REAL))('what real scripts wrote', () => {
  const files = existsSync(REAL) ? readdirSync(REAL) : [];

  it.each(files.filter((name) => name.endsWith('.result')))('%s', (name) => {
    const expected = /^(success|accelerator)/.test(name)
      ? { status: 'SUCCESS', artefacts: [expect.stringMatching(/^eessi-.*\.tar\.(zst|gz)$/)] }
      : { status: 'FAILURE', artefacts: [] };
    expect(parseResultFile(readFileSync(join(REAL, name), 'utf8'))).toMatchObject(expected);
  });

  it.each(files.filter((name) => name.endsWith('.test')))('%s', (name) => {
    const outcome = name.startsWith('success')
      ? { status: 'SUCCESS', passed: 3, failed: 0 }
      : { status: 'FAILURE', passed: 2, failed: 1 };
    expect(parseTestFile(readFileSync(join(REAL, name), 'utf8'))).toMatchObject({ outcome });
  });
});
