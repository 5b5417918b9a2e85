import { describe, expect, test } from 'vitest';
import { afterLook, type MirrorWatch, reachOf, type StratumLook } from '../../src/domain/publication.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = 1_795_000_000_000;

const watch = (special: Partial<MirrorWatch> = {}): MirrorWatch => ({
  deployId: 1,
  server: 'eu-1',
  url: 'http://eu',
  state: 'watching',
  at: NOON,
  publishedAt: NOON,
  deadline: NOON + 2 * HOUR,
  revision: null,
  problem: null,
  nextLookAt: NOON,
  ...special,
});
const answer = (revision: number, special: Partial<Extract<StratumLook, { kind: 'answered' }>> = {}) =>
  ({
    kind: 'answered',
    revision,
    rootHash: 'aa',
    lastSnapshot: null,
    snapshotting: false,
    ...special,
  }) satisfies StratumLook;
const silent: StratumLook = { kind: 'silent', problem: 'http://eu does not answer.' };
const wanted = { revision: 42, rootHash: 'aa' };

describe('a look at a Stratum 1', () => {
  test.each([
    ['the revision', answer(42), 'there'],
    ['a later one', answer(43, { rootHash: 'bb' }), 'there'],
    ['an older one', answer(41), 'watching'],
    ['other content under this number', answer(42, { rootHash: 'bb' }), 'watching'],
    ['nothing', silent, 'watching'],
  ])('that brings %s', (_what, look, state) => {
    expect(afterLook(watch(), wanted, look, NOON + MINUTE).state).toBe(state);
  });

  test('takes any content where nobody knows the hash', () => {
    expect(afterLook(watch(), { revision: 42 }, answer(42, { rootHash: 'zz' }), NOON).state).toBe('there');
  });

  test('dates the arrival by the snapshot, where that can be', () => {
    const at = (lastSnapshot: number | null) =>
      afterLook(watch(), wanted, answer(42, { lastSnapshot }), NOON + 9 * MINUTE).at - NOON;
    expect(at(NOON + 3 * MINUTE)).toBe(3 * MINUTE);
    expect(at(null)).toBe(9 * MINUTE);
    expect(at(NOON - MINUTE)).toBe(9 * MINUTE);
    expect(at(NOON + HOUR)).toBe(9 * MINUTE);
  });

  test('says that it lags from the time limit on, and takes that back when it comes', () => {
    const late = afterLook(watch(), wanted, answer(41), NOON + 2 * HOUR);
    expect(late).toMatchObject({ state: 'lagging', at: NOON + 2 * HOUR, revision: 41 });
    const later = afterLook(late, wanted, silent, NOON + 3 * HOUR);
    expect(later).toMatchObject({ state: 'lagging', at: late.at, revision: 41, problem: silent.problem });
    expect(afterLook(later, wanted, answer(42), NOON + 4 * HOUR)).toMatchObject({
      state: 'there',
      at: NOON + 4 * HOUR,
      problem: null,
      nextLookAt: null,
    });
  });
});

test('looks come ever more rarely, on the minute of the limit, and come to an end', () => {
  const waits: number[] = [];
  let now = NOON;
  let current = watch();
  while (current.nextLookAt !== null) {
    now = current.nextLookAt;
    current = afterLook(current, wanted, answer(41), now);
    if (current.nextLookAt !== null) waits.push(Math.round((current.nextLookAt - now) / 1000));
  }
  expect(waits.slice(0, 14)).toMatchInlineSnapshot(`
    [
      15,
      15,
      15,
      15,
      15,
      19,
      23,
      29,
      37,
      46,
      57,
      72,
      89,
      112,
    ]
  `);
  const lagging = Math.round((current.at - NOON) / MINUTE);
  expect(lagging).toBe(120);
  expect(waits.at(-1)).toBe(30 * 60);
  expect(now - NOON).toBe(7 * 24 * HOUR);
});

test('a server that copies is looked at more often', () => {
  const next = (snapshotting: boolean) => {
    const at = NOON + HOUR;
    return (afterLook(watch(), wanted, answer(41, { snapshotting }), at).nextLookAt ?? 0) - at;
  };
  expect([next(true), next(false)]).toEqual([MINUTE, 10 * MINUTE]);
});

test('how far a revision is', () => {
  const there = (minutes: number) => watch({ state: 'there', at: NOON + minutes * MINUTE });
  const lagging = watch({ state: 'lagging' });
  expect(reachOf([])).toBeNull();
  expect(reachOf([there(12), there(3)])).toMatchObject({
    there: 2,
    servers: 2,
    everywhereAfter: 12 * MINUTE,
  });
  expect(reachOf([there(12), lagging, watch()])).toEqual({
    there: 1,
    servers: 3,
    everywhereAfter: null,
    lagging: [lagging],
  });
});
