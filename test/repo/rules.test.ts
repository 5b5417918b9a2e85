/** House rules that no tool checks: each of them is a habit that erodes unless something holds it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** What is committed or about to be; a folder without git (a source tarball) has no such list. */
const files = existsSync(join(root, '.git'))
  ? execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], { cwd: root, encoding: 'utf8' })
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)))
  : [];

// Skipped in a source tarball: the rules are for those who change the files, and they have git.
describe.skipIf(files.length === 0)('the repository', () => {
  const LONGEST = 300;

  test(`no source file is longer than ${LONGEST} lines`, () => {
    const sources = files.filter((path) => /^(src|test|demo|bench|fuzz|scripts)\/.*\.ts$/.test(path));
    expect(sources.length).toBeGreaterThan(50);
    const long = sources
      .map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > LONGEST);
    expect(long).toEqual([]);
  });

  test('every migration has rows of its version, for the tests of later ones', () => {
    const migrations = files.filter((path) => path.startsWith('src/store/migrations/'));
    const fixtures = migrations.map((path) => `test/fixtures/schemas/${basename(path, '.ts')}.sql`);
    expect(fixtures.filter((path) => !files.includes(path))).toEqual([]);
  });

  test('no test is left out silently', () => {
    const tests = files.filter((path) => path.endsWith('.test.ts'));
    const only = /\b(test|it|describe)(\.\w+)*\.only\b/;
    const skip = /\b(test|it|describe)(\.\w+)*\.(skip|skipIf|runIf|todo|fails)\b/;
    const silent = tests.flatMap((path) => {
      const lines = read(path).split('\n');
      return lines.flatMap((line, index) => {
        const explained = /\/\/ |\*\//.test(line) || /^\s*(\/\/ |.*\*\/)/.test(lines[index - 1] ?? '');
        return only.test(line) || (skip.test(line) && !explained)
          ? [`${path}:${index + 1} ${line.trim()}`]
          : [];
      });
    });
    expect(silent).toEqual([]);
  });

  test('every decision is in the list of decisions', () => {
    const decisions = files.filter((path) => /^docs\/adr\/(?!README).*\.md$/.test(path));
    if (decisions.length === 0) return;
    const list = read('docs/adr/README.md');
    expect(decisions.filter((path) => !list.includes(`(${path.replace('docs/adr/', '')})`))).toEqual([]);
  });

  test('no text names a folder of somebody’s machine or the host of a package registry', () => {
    // In pieces, so that this file does not name them either.
    const home = ['work/(main|shared)', 'tmp/(notes|bash_jobs)', 'root/\\w', 'Users/\\w'].join('|');
    const foreign = new RegExp(`(^|[\\s"'\`(=:])/(${home})|\\b${'registry'}\\.[a-z0-9-]+\\.[a-z]{2,}`, 'm');
    const texts = files.filter((path) => path !== 'package-lock.json' && !path.includes('/fixtures/'));
    const named = texts.flatMap((path) => {
      const content = read(path);
      const found = content.includes('\0') ? null : foreign.exec(content);
      return found ? [`${path}: ${found[0].trim()}`] : [];
    });
    expect(named).toEqual([]);
  });

  test('every dependency comes from the public registry', () => {
    const publicHost = ['https://registry', 'npmjs', 'org/'].join('.');
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string }>;
    };
    const installed = Object.values(packages).slice(1);
    expect(installed.length).toBeGreaterThan(100);
    // A lock file may leave the address out; the digest is what names a package.
    const foreign = installed.filter(
      ({ resolved, integrity }) =>
        integrity === undefined || !(resolved ?? publicHost).startsWith(publicHost),
    );
    expect(foreign).toEqual([]);
  });

  test('the README says how to see it work and how to test it', () => {
    const readme = read('README.md');
    expect(readme).toContain('npm run demo');
    expect(readme).toContain('npm test');
  });
});
