import { expect, it } from 'vitest';
import type { Seen } from '../../src/ports.ts';
import { overdue } from '../../src/workflow/patience.ts';
import type { World } from '../../src/workflow/world.ts';

const MINUTE = 60_000;
const LIMIT = 120;

it.each<[string, number, Seen | null, 'silent' | 'endless' | null]>([
  // What happened, minutes since the job was given to its node, what is known of it, and whether it is given up.
  ['runs within its limit', 100, { heardAt: 100, ranAt: 0 }, null],
  ['ran, and its node is silent for less than the limit and an hour', 179, { heardAt: 20, ranAt: 0 }, null],
  ['ran, and its node is silent for longer', 181, { heardAt: 20, ranAt: 0 }, 'silent'],
  ['ran, and its node fell silent a moment ago', 181, { heardAt: 170, ranAt: 0 }, 'endless'],
  ['runs an hour after its limit', 181, { heardAt: 181, ranAt: 0 }, 'endless'],
  ['waits for days in the queue of its node', 5_000, { heardAt: 5_000, ranAt: null }, null],
  ['waited for days, and runs within its limit', 5_000, { heardAt: 5_000, ranAt: 4_900 }, null],
  ['waited for days, and runs an hour after its limit', 5_000, { heardAt: 5_000, ranAt: 4_800 }, 'endless'],
  ['waited for days, and its node is silent for an hour', 5_000, { heardAt: 4_930, ranAt: null }, null],
  ['waited for days, and would be over by now', 5_000, { heardAt: 4_800, ranAt: null }, 'silent'],
  ['is followed again by a bot that was just started', 5_000, { heardAt: 4_999, ranAt: null }, null],
  ['cannot be followed, its limit is not over', 100, null, null],
  ['cannot be followed, and would be over by now', 181, null, 'silent'],
])('a job that %s', (_what, now, seen, why) => {
  const at = (minutes: number) => 1_800_000_000_000 + minutes * MINUTE;
  const world = {
    clock: { now: () => at(now) },
    timeLimitSeconds: () => LIMIT * 60,
  } as unknown as World;
  const known = seen && { heardAt: at(seen.heardAt), ranAt: seen.ranAt === null ? null : at(seen.ranAt) };
  expect(overdue(world, 'zen2', at(0), known)?.why ?? null).toBe(why);
});
