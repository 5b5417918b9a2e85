import { expect, it } from 'vitest';
import { RightsMemory } from '../../src/workflow/rights-memory.ts';

const MINUTE_MS = 60_000;

it('a yes is remembered for minutes', () => {
  const memory = new RightsMemory();
  memory.remember('maria may build', 0);
  expect(memory.knows('maria may build', 2 * MINUTE_MS)).toBe(true);
  expect(memory.knows('maria may build', 3 * MINUTE_MS)).toBe(false);
  expect(memory.knows('jo may build', 0)).toBe(false);
});

it('the oldest answers make room', () => {
  const memory = new RightsMemory(2);
  for (const who of ['ana', 'maria', 'ana', 'max']) memory.remember(who, 0);
  expect(['ana', 'maria', 'max'].filter((who) => memory.knows(who, 1))).toEqual(['ana', 'max']);
});
