import { describe, expect, it } from 'vitest';
import { type EndedTry, type Past, pastOf } from '../../src/domain/placement.ts';
import { ZEN2 } from './placing.ts';

describe('what a try says of its node', () => {
  const ended = (failure: EndedTry['failure'], ran = true): EndedTry => ({
    ...{ pull: 'x#1', pool: 'a', node: 'a/1', target: ZEN2, since: 1, placedAt: 2, endedAt: 3 },
    ran,
    failure,
  });
  it.each<[string, EndedTry, Partial<Past> | null]>([
    ['built', ended(null), { end: 'succeeded', target: 'x86_64/amd/zen2', startedAt: 2 }],
    ['does not compile', ended({ class: 'build', code: 'compiler-error' }), { end: 'failed' }],
    ['disk full', ended({ class: 'infrastructure', code: 'disk-full' }), { end: 'broken' }],
    ['gone', ended({ class: 'infrastructure', code: 'unreachable' }, false), { end: 'broken' }],
    ['lost', ended({ class: 'infrastructure', code: 'lost' }), { end: 'broken' }],
    [
      'tests that cannot be judged',
      ended({ class: 'configuration', code: 'result-unknown' }),
      { end: 'failed' },
    ],
    ['job refused', ended({ class: 'configuration', code: 'start-failed' }, false), { end: 'broken' }],
    ['conflict, before anything ran', ended({ class: 'configuration', code: 'conflict' }, false), null],
  ])('%s', (_, one, expected) => {
    if (expected === null) expect(pastOf(one)).toBeNull();
    else expect(pastOf(one)).toMatchObject(expected);
  });
});
