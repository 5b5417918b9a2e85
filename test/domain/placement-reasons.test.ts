import { describe, expect, it } from 'vitest';
import {
  choosePlacement,
  goesElsewhere,
  ONLY_NODE,
  type PlacementPool,
  type PlacementState,
  recentHistory,
  whyWaiting,
} from '../../src/domain/placement.ts';
import { broken, build, MINUTE, NOW, past, placed, pool, state, where } from './placing.ts';

describe('why a build waits', () => {
  it.each<[string, Partial<PlacementState>, PlacementPool[], string]>([
    ['one slot', { placed: [placed('a/1')] }, [pool('a')], 'the only slot is taken'],
    [
      'several pools, one of them with a limit',
      { placed: [placed('a/1'), placed('b/1'), placed('b/1')] },
      [pool('a'), pool('b', { slots: [8], most: 2 })],
      'all 3 slots are taken',
    ],
    [
      'the limit of its pull request',
      { mostPerPull: 2, placed: [placed('a/1', 'org/stack#1'), placed('a/1', 'org/stack#1')] },
      [pool('a', { slots: [8] })],
      '2 builds of this pull request run already, the most at once',
    ],
    ['nodes that are gone', {}, [away(pool('a'))], 'no node for `x86_64/amd/zen2` can be reached'],
    [
      'one that is gone and one that broke builds',
      { history: recentHistory(broken('b/1', ['x#1', 'x#2', 'x#3'])) },
      [away(pool('a')), pool('b')],
      'no node for `x86_64/amd/zen2` takes builds now: 1 cannot be reached, 1 is set aside after failures',
    ],
    [
      'nodes that refuse us',
      {},
      [refuses(pool('a')), refuses(pool('b'))],
      'the job could not be started on `a/1`: it refuses our key',
    ],
    [
      'one of two that refuses us',
      {},
      [refuses(pool('a')), full(pool('b'))],
      'no node for `x86_64/amd/zen2` takes builds now: 1 refuses us, 1 is nearly full',
    ],
    ['a full disk', {}, [full(pool('a'))], 'the only node for `x86_64/amd/zen2` is nearly full'],
    [
      'full disks',
      {},
      [full(pool('a', { slots: [1, 2] }))],
      'all nodes for `x86_64/amd/zen2` are nearly full',
    ],
    [
      'nodes that broke builds',
      { history: recentHistory(broken('a/1', ['x#1', 'x#2', 'x#3'])) },
      [pool('a')],
      'the only node for `x86_64/amd/zen2` is set aside after failures',
    ],
  ])('%s', (_, more, pools, expected) => {
    const [first] = whyWaiting([build(1)], state(pools, more));
    expect(first?.why.waits).toBe(expected);
  });

  it('is not asked of those that can start', () => {
    expect(whyWaiting([build(1)], state([pool('a')]))).toEqual([]);
  });
});

describe('a node that cannot be reached', () => {
  it('is given nothing until then', () => {
    const pools = [away(pool('a')), pool('b')];
    expect(where(state(pools), build(1))).toBe('b/1');
    expect(where(state(pools, { placed: [placed('b/1')], now: NOW + MINUTE }), build(1))).toBe('a/1');
    expect(choosePlacement(state([away(pool('a'))]), build(1))).toMatchObject({ until: NOW + MINUTE });
  });

  it('is no other node for a build that is repeated', () => {
    const pools = [pool('a'), away(pool('b'))];
    expect(where(state(pools), build(1, { avoid: ['a/1'] }))).toBe('a/1');
  });
});

describe('a node that is nearly full', () => {
  it('is given nothing, and is no other node for a build that is repeated', () => {
    const pools = [full(pool('a')), pool('b')];
    expect(where(state(pools), build(1))).toBe('b/1');
    expect(where(state(pools), build(1, { avoid: ['b/1'] }))).toBe('b/1');
    expect(choosePlacement(state([full(pool('a'))]), build(1))).toMatchObject({
      code: 'nearly-full',
      until: null,
    });
  });
});

describe('a build whose node is silent', () => {
  const goes = (pools: PlacementPool[], ms: number, more: Partial<PlacementState> = {}) =>
    goesElsewhere(state(pools, more), build(1), 'a/1', ms);
  it.each<[string, boolean, boolean]>([
    ['another one is free for two minutes', goes([pool('a'), pool('b')], 2 * MINUTE), true],
    ['it is silent for less', goes([pool('a'), pool('b')], 2 * MINUTE - 1), false],
    ['there is no other', goes([pool('a', { slots: [4] })], 10 * MINUTE), false],
    ['the other is taken', goes([pool('a'), pool('b')], 10 * MINUTE, { placed: [placed('b/1')] }), false],
    ['the other is away as well', goes([pool('a'), away(pool('b'))], 10 * MINUTE), false],
    [
      'its pull request has no more than its share',
      goes([pool('a'), pool('b')], 10 * MINUTE, { mostPerPull: 1 }),
      true,
    ],
  ])('goes elsewhere or not: %s', (_, answer, expected) => {
    expect(answer).toBe(expected);
  });
});

function refuses(one: PlacementPool): PlacementPool {
  const refusal = 'it refuses our key';
  return { ...one, nodes: away(one).nodes.map((node) => ({ ...node, refusal })) };
}

function full(one: PlacementPool): PlacementPool {
  return { ...one, nodes: one.nodes.map((node) => ({ ...node, nearlyFull: true })) };
}

function away(one: PlacementPool): PlacementPool {
  return { ...one, nodes: one.nodes.map((node) => ({ ...node, unreachableUntil: NOW + MINUTE })) };
}

describe('the reason of a choice', () => {
  const reason = (pools: PlacementPool[], more: Parameters<typeof state>[1] = {}) => {
    const choice = choosePlacement(state(pools, more), build(1));
    return 'waits' in choice ? choice : choice.reason;
  };
  it('says between what was chosen', () => {
    const here = { past: [past('a/1', 400, { pull: 'org/stack#1' })] };
    expect(reason([pool('a')], here)).toBe(ONLY_NODE);
    expect(reason([pool('a'), pool('b')])).toBe('the best of 2 nodes with a free slot');
    expect(reason([pool('a'), pool('b')], { ...here, placed: [placed('b/1')] })).toBe(
      'the only one of 2 nodes with a free slot; this pull request was built there before',
    );
  });
});
