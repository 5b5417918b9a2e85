import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canBuild,
  nextInLine,
  type Past,
  type Placed,
  type PlacementPool,
  type WaitingBuild,
} from '../../src/domain/placement.ts';
import { build, HOUR, MINUTE, NOW, past, pool, STACK, state } from './placing.ts';

const CPUS = ['x86_64/amd/zen2', 'x86_64/amd/zen4', 'x86_64/generic'];
const REPOSITORIES = [STACK, 'riscv'];

const pools = fc
  .array(
    fc.record({
      cpu: fc.constantFrom(...CPUS),
      also: fc.subarray(CPUS),
      accelerators: fc.subarray(['nvidia/cc80', 'nvidia/cc90']),
      repositories: fc.subarray(REPOSITORIES, { minLength: 1 }),
      slots: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      most: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) =>
    all.map(({ also, most, ...one }, index) =>
      pool(`p${index}`, { ...one, buildsFor: [one.cpu, ...also], ...(most === undefined ? {} : { most }) }),
    ),
  );

const builds = fc
  .array(
    fc.record({
      pull: fc.constantFrom('A', 'B', 'C', 'D'),
      cpu: fc.constantFrom(...CPUS),
      accelerator: fc.constantFrom(null, null, 'nvidia/cc80', 'nvidia/cc80+nvidia/cc90'),
      repository: fc.constantFrom(...REPOSITORIES),
      since: fc.integer({ min: 0, max: 600 }).map((minutes) => NOW - minutes * MINUTE),
      priority: fc.boolean(),
      avoid: fc.subarray(['p0/1', 'p1/1']),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map(({ cpu, accelerator, ...one }, id) =>
      build(id, { ...one, target: { os: 'linux', cpu, accelerator } }),
    ),
  );

describe('whatever comes', () => {
  it('no limit is broken, no pool gets what it cannot build, and every build is placed in the end', () => {
    fc.assert(
      fc.property(
        pools,
        builds,
        fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
        fc.infiniteStream(fc.constantFrom('succeeded', 'succeeded', 'failed', 'broken')),
        (all, waiting, mostPerPull, ends) => {
          const possible = waiting.filter((one) => all.some((each) => canBuild(each, one)));
          const left = new Set(waiting);
          const ended: Past[] = [];
          const running: (Placed & { build: WaitingBuild })[] = [];
          let now = NOW;
          // A node is set aside for 8 h at most, and each round that finds nobody running moves 8 h on.
          for (let round = 0; round < 10 * waiting.length && left.size > 0; round += 1) {
            for (;;) {
              const one = state(all, { now, placed: running, mostPerPull, past: ended });
              const next = nextInLine([...left], one);
              if (next === null) break;
              const { pool: name, node } = next.placement;
              const into = all.find((each) => each.offer.name === name);
              expect(into && canBuild(into, next.build)).toBe(true);
              left.delete(next.build);
              running.push({ pull: next.build.pull, pool: name, node, since: now, build: next.build });
              expectLimitsKept(all, running, mostPerPull);
            }
            const done = running.shift();
            now += done === undefined ? 8 * HOUR : 10 * MINUTE;
            if (done === undefined) continue;
            const [end] = [...ends.take(1)];
            if (end === undefined) break;
            const { pull, pool: name, node, since } = done;
            ended.push({ ...past(node, 0), pull, pool: name, since, startedAt: since, endedAt: now, end });
          }
          expect([...left].filter((one) => possible.includes(one))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('the same state gives the same answer', () => {
    fc.assert(
      fc.property(pools, builds, (all, waiting) => {
        const first = nextInLine(waiting, state(all));
        expect(nextInLine([...waiting].reverse(), state([...all].reverse()))).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });
});

function expectLimitsKept(
  all: PlacementPool[],
  running: readonly Placed[],
  mostPerPull: number | null,
): void {
  for (const { offer, nodes, mostBuilds } of all) {
    for (const { name, slots } of nodes) {
      expect(running.filter((one) => one.node === name).length).toBeLessThanOrEqual(slots);
    }
    if (mostBuilds !== null) {
      expect(running.filter((one) => one.pool === offer.name).length).toBeLessThanOrEqual(mostBuilds);
    }
  }
  if (mostPerPull === null) return;
  for (const pull of ['A', 'B', 'C', 'D']) {
    expect(running.filter((one) => one.pull === pull).length).toBeLessThanOrEqual(mostPerPull);
  }
}
