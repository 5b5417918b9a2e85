/** What is known of `cvmfs_server` is worth what its tests are: each line of the page names one, and it is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/cvmfs-server.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|.* \| test \|$)/.test(line))
  .map((line) => ({ line, test: /\| `(test\/[\w./-]+\.test\.ts)` (.+) \|$/.exec(line) }));

test('every trap, every answer and every end of cvmfs_server has a line with a test', () => {
  expect(rows.filter(({ test: named }) => named === null)).toEqual([]);
  const [, traps = '', answers = ''] = page.split('\n## ');
  const lines = (part: string) => part.split('\n').filter((line) => line.startsWith('| ')).length - 2;
  // Ten traps and what looks for all of their kind; the answers that were watched.
  expect([lines(traps), lines(answers)]).toEqual([11, 20]);
});

test.each(rows.flatMap(({ test: named }) => (named === null ? [] : [[named[1], named[2]]])))(
  '%s has the test: %s',
  (path = '', name = '') => {
    expect(existsSync(join(root, path))).toBe(true);
    expect(readFileSync(join(root, path), 'utf8')).toContain(`'${name}'`);
  },
);
