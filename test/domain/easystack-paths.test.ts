import { expect, test } from 'vitest';
import {
  DEFAULT_EASYSTACKS,
  DEFAULT_POINT_OUT,
  easystackAt,
  fitsAny,
  isPathPattern,
} from '../../src/domain/easystack-paths.ts';

const repositories = [
  { id: 'new', name: 'software.eessi.io', version: '2025.06', container: '' },
  { id: 'old', name: 'software.eessi.io', version: '2023.06', container: '' },
];
const stack = (path: string, rules = DEFAULT_EASYSTACKS) => {
  const found = easystackAt(path, rules, repositories);
  return found === null ? 'no easystack' : found.stack && `${found.stack.name} ${found.stack.version}`;
};

test.each([
  ['easystacks/software.eessi.io/2025.06/eessi-2025.06-eb-5.3.0-2024a.yml', 'software.eessi.io 2025.06'],
  ['easystacks/software.eessi.io/2023.06/accel/nvidia/rebuilds/20250828.yml', 'software.eessi.io 2023.06'],
  ['easystacks/dev.eessi.io/20240101/zen5/a.yaml', 'dev.eessi.io 20240101'],
  ['easystacks/tool.yml', null],
  ['easystacks/software.eessi.io/next/a.yml', null],
  ['easystacks/software.eessi.io/2025.06/README.md', 'no easystack'],
  ['.github/workflows/easystacks/a.yml', 'no easystack'],
  ['bot/build.yml', 'no easystack'],
])('%s', (path, expected) => {
  expect(stack(path)).toBe(expected);
});

test('rules of a site: the first that fits, with a repository of its own or a version alone', () => {
  const rules = [
    { path: 'next/**', repository: 'new' },
    { path: 'stack-${version}-*.yml', repository: null },
  ];
  expect(stack('next/deep/a.yml', rules)).toBe('software.eessi.io 2025.06');
  expect(stack('stack-2023.06-a.yml', rules)).toBe('software.eessi.io 2023.06');
  expect(stack('stack-2021.12-a.yml', rules)).toBe(null);
  expect(stack('other.yml', rules)).toBe('no easystack');
});

test('what is pointed out', () => {
  const pointed = ['bot/build.sh', 'init/bash', 'eb_hooks.py', 'tools/hooks.py', 'EESSI-install-software.sh'];
  const silent = ['easystacks/a.yml', 'README.md', 'robot/build.py', 'tools/run.sh'];
  expect([...pointed, ...silent].filter((path) => fitsAny(path, DEFAULT_POINT_OUT))).toEqual(pointed);
});

test.each([
  ['easystacks/${repository}/${version}/**', true],
  ['a/${version}/${version}', false],
  ['a/${name}', false],
  ['/a', false],
  ['a//b', false],
  ['a(b)+', false],
  ['', false],
])('%s is a pattern: %s', (text, expected) => {
  expect(isPathPattern(text)).toBe(expected);
});
