import { expect, test } from 'vitest';
import { checkId, readCheckId } from '../../src/domain/check-id.ts';
import { plainFailure } from '../../src/domain/failure.ts';
import { newestOfEach, nodesToAvoid } from '../../src/domain/tries.ts';
import { aBuild, states } from '../messages/rows.ts';

test('of several requests the newest build of each target and repository counts', () => {
  const zen2 = aBuild(states.failed, 1);
  const n1 = aBuild(states.built, 2, 'aarch64/neoverse_n1');
  const again = aBuild(states.built, 3);
  const elsewhere = { ...aBuild(states.queued, 4), repository: 'dev' };
  expect(newestOfEach([zen2, n1, again, elsewhere]).map(({ id }) => id)).toEqual([3, 2, 4]);
  expect(newestOfEach([again, zen2]).map(({ id }) => id)).toEqual([3]);
  expect(newestOfEach([])).toEqual([]);
});

test('a repetition avoids every node that failed, and none because of what was built there', () => {
  const placement = { pool: 'zen2', node: 'zen2/b', reason: 'the only node for this target', at: 1 };
  const failed = (failureClass: 'infrastructure' | 'build') => ({
    ...aBuild({ ...states.failed, failure: plainFailure(failureClass, 'x', 'x') }, 1),
    placement,
    avoid: ['zen2/a'],
  });
  expect(nodesToAvoid(failed('infrastructure'))).toEqual(['zen2/a', 'zen2/b']);
  expect(nodesToAvoid({ ...failed('infrastructure'), avoid: ['zen2/b'] })).toEqual(['zen2/b']);
  expect(nodesToAvoid(failed('build'))).toEqual(['zen2/a']);
  expect(nodesToAvoid({ ...failed('infrastructure'), placement: null })).toEqual(['zen2/a']);
});

test.each([
  { kind: 'build', buildId: 7 },
  { kind: 'summary', pullRequest: 12 },
] as const)('the id of a check says what it is about: $kind', (subject) => {
  expect(readCheckId('aws-bot', checkId('aws-bot', subject))).toEqual(subject);
  expect(readCheckId('other', checkId('aws-bot', subject))).toBeNull();
});

test.each([
  '',
  'stratobot:aws-bot',
  'stratobot:aws-bot:build:',
  'stratobot:aws-bot:build:0',
  'stratobot:aws-bot:build:1:2',
])('a check of somebody else is about nothing: %j', (externalId) => {
  expect(readCheckId('aws-bot', externalId)).toBeNull();
});
