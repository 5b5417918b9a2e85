import { expect, it } from 'vitest';
import type { BuildStateKind } from '../../src/domain/build.ts';
import { sortKnown } from '../../src/domain/known-builds.ts';
import { aBuild, states } from '../messages/rows.ts';

const planned = { ...aBuild(states.queued), exports: { A: '1', B: '2' } };
const known = (state: (typeof states)[keyof typeof states], id: number, exports = { B: '2', A: '1' }) => ({
  ...aBuild(state, id),
  exports,
});
const place = (builds: ReturnType<typeof known>[], again = false) => {
  const { fresh, built, underWay } = sortKnown([planned], builds, again);
  return fresh.length > 0 ? 'fresh' : built.length > 0 ? 'built' : underWay.length > 0 ? 'under way' : null;
};

it.each([
  ['queued', 'under way'],
  ['starting', 'under way'],
  ['running', 'under way'],
  ['collecting', 'under way'],
  ['cancelling', 'fresh'],
  ['cancelled', 'fresh'],
  ['failed', 'fresh'],
  ['succeeded', 'built'],
] satisfies [BuildStateKind, string][])('%s is %s', (kind, expected) => {
  const state = Object.values(states).find((one) => one.kind === kind) ?? states.queued;
  expect(place([known(state, 1)])).toBe(expected);
  expect(place([known(state, 1)], true)).toBe(expected === 'built' ? 'fresh' : expected);
});

it('asks the newest of the same target, repository and variables', () => {
  expect(place([])).toBe('fresh');
  expect(place([known(states.built, 1), known(states.failed, 2)])).toBe('fresh');
  expect(place([known(states.failed, 1), known(states.built, 2)])).toBe('built');
  expect(place([known(states.built, 1), known(states.failed, 2, { A: '1', B: '3' })])).toBe('built');
  expect(place([known(states.built, 1, { A: '1', B: '3' })])).toBe('fresh');
  expect(place([{ ...known(states.built, 1), repository: 'other' }])).toBe('fresh');
});
