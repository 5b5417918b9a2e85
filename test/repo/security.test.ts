/** The threat model is worth what its tests are: each that it names is there, and none of ours is left out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
const named = [...new Set(page.match(/\b(?:src|test|docs)\/[\w./-]+[\w]/g))];

test('every file that the threat model names exists', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every attack of the table names its test', () => {
  const [, table = ''] = page.split('| attack |');
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !/`test\/[\w./-]+\.test\.ts`[^|]*\|$/.test(row))).toEqual([]);
});

test('every test of an attack is in the threat model', () => {
  const tests = readdirSync(join(root, 'test/security')).filter((name) => name.endsWith('.test.ts'));
  expect(tests.map((name) => `test/security/${name}`).filter((path) => !named.includes(path))).toEqual([]);
});
