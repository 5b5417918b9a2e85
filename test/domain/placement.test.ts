import { describe, expect, it } from 'vitest';
import {
  canBuild,
  choosePlacement,
  nextInLine,
  type Past,
  type PlacementPool,
  type WaitingBuild,
} from '../../src/domain/placement.ts';
import type { Target } from '../../src/domain/target.ts';
import { broken, build, HOUR, MINUTE, NOW, past, placed, pool, state, where, ZEN2 } from './placing.ts';

describe('who can build what', () => {
  const gpu: Target = { ...ZEN2, accelerator: 'nvidia/cc80' };
  it.each<[string, PlacementPool, Partial<WaitingBuild>, boolean]>([
    ['its own CPU', pool('a'), {}, true],
    ['another CPU', pool('a', { cpu: 'x86_64/amd/zen4' }), {}, false],
    ['a CPU it lists', pool('a', { cpu: 'x86_64/amd/zen4', buildsFor: [ZEN2.cpu] }), {}, true],
    ['another system', pool('a', { os: 'macos' }), {}, false],
    ['another repository', pool('a', { repositories: ['riscv'] }), {}, false],
    ['a pool that was not planned', pool('a'), { pools: ['b'] }, false],
    ['no accelerator on a pool with one', pool('a', { accelerators: ['nvidia/cc80'] }), {}, false],
    ['an accelerator', pool('a', { accelerators: ['nvidia/cc80'] }), { target: gpu }, true],
    ['an accelerator on a pool without', pool('a'), { target: gpu }, false],
    [
      'two accelerators of which it has one',
      pool('a', { accelerators: ['nvidia/cc80'] }),
      { target: { ...ZEN2, accelerator: 'nvidia/cc80+nvidia/cc90' } },
      false,
    ],
  ])('%s', (_, one, more, expected) => {
    expect(canBuild(one, build(1, more))).toBe(expected);
  });
});

describe('choosePlacement', () => {
  it('says why nothing can start', () => {
    expect(choosePlacement(state([]), build(1))).toEqual({
      waits: 'no pool here builds `x86_64/amd/zen2` for `eessi.io-2025.06-software`',
      code: 'no-pool',
      until: null,
    });
    expect(where(state([pool('a')], { placed: [placed('a/1')] }), build(1))).toBe('full');
    const limited = state([pool('a', { slots: [8], most: 2 })], { placed: [placed('a/1'), placed('a/1')] });
    expect(where(limited, build(1))).toBe('full');
    const mine = state([pool('a', { slots: [8] })], {
      mostPerPull: 1,
      placed: [placed('a/1', 'org/stack#1')],
    });
    expect(where(mine, build(1))).toBe('pull-limit');
    expect(where(mine, build(1, { pull: 'org/stack#2' }))).toBe('a/1');
  });

  it('takes the emptier of two equal nodes, then the first by name', () => {
    const two = [pool('a', { slots: [2, 2] })];
    expect(where(state(two), build(1))).toBe('a/1');
    expect(where(state(two, { placed: [placed('a/1')] }), build(1))).toBe('a/2');
  });

  it('keeps the pool that can do more for those who have no other', () => {
    const wide = pool('a', { buildsFor: [ZEN2.cpu, 'x86_64/generic'] });
    expect(where(state([wide, pool('b')]), build(1))).toBe('b/1');
  });

  it('takes the faster pool', () => {
    const ran = (node: string, ago: number, hours: number) => {
      const startedAt = NOW - ago * MINUTE - hours * HOUR;
      return past(node, ago, { since: startedAt, startedAt });
    };
    const ended = [100, 200, 300].flatMap((ago) => [ran('a/1', ago, 2), ran('b/1', ago, 1)]);
    expect(where(state([pool('a'), pool('b')], { past: ended }), build(1))).toBe('b/1');
  });

  it('takes the pool where fewer builds broke', () => {
    const ended = [past('a/1', 500, { end: 'broken' }), past('a/1', 400), past('b/1', 400)];
    expect(where(state([pool('a'), pool('b')], { past: ended }), build(1))).toBe('b/1');
  });

  it('takes the pool with the shorter queue', () => {
    const ended = [past('a/1', 400, { since: NOW - 600 * MINUTE }), past('b/1', 400)];
    expect(where(state([pool('a'), pool('b')], { past: ended }), build(1))).toBe('b/1');
  });

  it('goes where the pull request was built before', () => {
    const ended = [past('a/1', 400), past('b/1', 400, { pull: 'org/stack#1' })];
    const one = state([pool('a'), pool('b')], { past: ended });
    expect(where(one, build(1))).toBe('b/1');
    expect(where(one, build(1, { pull: 'org/stack#7' }))).toBe('a/1');
  });

  it('avoids a node where it failed, unless no other is healthy', () => {
    const two = [pool('a', { slots: [1, 1] })];
    const again = build(1, { avoid: ['a/1'] });
    expect(where(state(two), again)).toBe('a/2');
    expect(where(state(two, { placed: [placed('a/2')] }), again)).toBe('full');
    expect(where(state(two, { past: broken('a/2', ['x#1', 'x#2', 'x#3']) }), again)).toBe('a/1');
    expect(where(state([pool('a')]), again)).toBe('a/1');
  });

  it.each<[string, Past[], string]>([
    ['three failures of two pull requests', broken('a/1', ['x#1', 'x#2', 'x#1']), 'set-aside'],
    ['two failures', broken('a/1', ['x#1', 'x#2']), 'a/1'],
    ['three failures of one pull request', broken('a/1', ['x#1', 'x#1', 'x#1']), 'set-aside'],
    ['a success between them', [...broken('a/1', ['x#1', 'x#1', 'x#1']), past('a/1', 1.5)], 'a/1'],
    [
      'builds that fail by their own fault',
      [1, 2, 3, 4].map((ago) => past('a/1', ago, { end: 'failed' })),
      'a/1',
    ],
    ['a success after them', [...broken('a/1', ['x#1', 'x#2', 'x#3']), past('a/1', 0)], 'a/1'],
    [
      'a build that failed by its own fault after them',
      [...broken('a/1', ['x#1', 'x#2', 'x#3']), past('a/1', 0, { end: 'failed' })],
      'set-aside',
    ],
  ])('sets a node aside: %s', (_, ended, expected) => {
    expect(where(state([pool('a')], { past: ended }), build(1))).toBe(expected);
  });

  it('tries a node again after half an hour, one build at a time', () => {
    const ended = broken('a/1', ['x#1', 'x#2', 'x#3']);
    const pools = [pool('a', { slots: [4] })];
    const aside = choosePlacement(state(pools, { past: ended }), build(1));
    expect(aside).toMatchObject({ code: 'set-aside', until: NOW + 29 * MINUTE });
    const later = NOW + 29 * MINUTE;
    expect(where(state(pools, { past: ended, now: later }), build(1))).toBe('a/1');
    expect(where(state(pools, { past: ended, now: later, placed: [placed('a/1')] }), build(1))).toBe('full');
    const fourth = [...ended, past('a/1', -29, { pull: 'x#4', end: 'broken' })];
    expect(choosePlacement(state(pools, { past: fourth, now: later }), build(1))).toMatchObject({
      until: later + HOUR,
    });
  });
});

describe('nextInLine', () => {
  /** Who is served in which order on one slot, each build ending before the next starts. */
  function order(waiting: WaitingBuild[], pools = [pool('a')]): string[] {
    const left = [...waiting];
    const ended: Past[] = [];
    const served: string[] = [];
    for (let now = NOW + HOUR; left.length > 0; now += HOUR) {
      const next = nextInLine(left, { ...state(pools, { past: ended }), now });
      if (next === null) break;
      left.splice(left.indexOf(next.build), 1);
      served.push(`${next.build.pull}:${next.build.id}`);
      const { node } = next.placement;
      ended.push(past(node, 0, { pull: next.build.pull, since: now, startedAt: now, endedAt: now + 1 }));
    }
    return served;
  }

  it('lets one build of another pull request pass a hundred', () => {
    const many = Array.from({ length: 100 }, (_, index) => build(index, { pull: 'A' }));
    const served = order([...many, build(100, { pull: 'B', since: NOW + 1 })]);
    expect(served).toHaveLength(101);
    expect(served.indexOf('B:100')).toBe(1);
  });

  it('takes turns', () => {
    const waiting = [1, 2, 3].flatMap((id) => ['A', 'B', 'C'].map((pull) => build(id, { pull })));
    expect(order(waiting)).toEqual(['A:1', 'B:1', 'C:1', 'A:2', 'B:2', 'C:2', 'A:3', 'B:3', 'C:3']);
  });

  it('gives priority a head start, not the whole line', () => {
    const soon = build(2, { pull: 'B', priority: true });
    expect(order([build(1, { pull: 'A', since: NOW - HOUR }), soon])[0]).toBe('B:2');
    expect(order([build(1, { pull: 'A', since: NOW - 5 * HOUR }), soon])[0]).toBe('A:1');
  });

  it('does not let newcomers without end shut out who waits', () => {
    const left = [build(0, { pull: 'old' }), build(1, { pull: 'old' })];
    const ended: Past[] = [];
    let rounds = 0;
    for (let now = NOW; ; now += HOUR) {
      rounds += 1;
      expect(rounds).toBeLessThan(20);
      // Two new pull requests, one with priority, for each slot that becomes free.
      left.push(build(2 * rounds, { pull: `new ${rounds}`, since: now, priority: true }));
      left.push(build(2 * rounds + 1, { pull: `newer ${rounds}`, since: now }));
      const next = nextInLine(left, { ...state([pool('a')], { past: ended }), now });
      if (next === null) throw new Error('the slot stays free');
      left.splice(left.indexOf(next.build), 1);
      if (!left.some((one) => one.pull === 'old')) break;
      ended.push(past('a/1', 0, { pull: next.build.pull, since: now, startedAt: now, endedAt: now + 1 }));
    }
    expect(left.some((one) => one.pull === 'old')).toBe(false);
  });

  it('lets nobody wait for a slot that another could use', () => {
    const zen4: Target = { ...ZEN2, cpu: 'x86_64/amd/zen4' };
    const pools = [pool('a'), pool('b', { cpu: zen4.cpu })];
    const next = nextInLine([build(1), build(2, { target: zen4, pull: 'B' })], {
      ...state(pools),
      placed: [placed('a/1')],
    });
    expect(next?.build.id).toBe(2);
  });

  it('gives null when nobody can start', () => {
    expect(nextInLine([], state([pool('a')]))).toBeNull();
    expect(nextInLine([build(1)], state([pool('a')], { placed: [placed('a/1')] }))).toBeNull();
  });
});
