import { expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { waitBeforeRetry } from '../../src/queue/retry.ts';

test.each([
  ['a Retryable, the first time', new Retryable('x'), 1, { least: 500, most: 1_000 }],
  ['a Retryable, later', new Retryable('x'), 5, { least: 8_000, most: 16_000 }],
  [
    'a Retryable that says when',
    new Retryable('x', { retryAfterMs: 60_000 }),
    1,
    { least: 60_000, most: 60_000 },
  ],
  ['a Retryable, for the last time', new Retryable('x'), 8, { least: null, most: null }],
  ['another error, the first time', new Error('x'), 1, { least: 500, most: 1_000 }],
  ['another error, again', new Permanent('x'), 2, { least: null, most: null }],
])('the wait after %s', (_what, error, triesMade, { least, most }) => {
  expect(waitBeforeRetry(error, triesMade, 1)).toBe(least);
  expect(waitBeforeRetry(error, triesMade, 0)).toBe(most);
});
