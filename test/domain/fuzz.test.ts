/** A small share of `npm run fuzz`, the same cases each time: that the promises hold, and that the tool sees one broken. */
import { expect, test } from 'vitest';
import { run } from '../../fuzz/run.ts';
import type { Subject } from '../../fuzz/subject.ts';
import { comments } from '../../fuzz/subjects/comments.ts';
import { easystacks } from '../../fuzz/subjects/easystacks.ts';
import { logs } from '../../fuzz/subjects/logs.ts';
import { results } from '../../fuzz/subjects/results.ts';
import { tarballs } from '../../fuzz/subjects/tarballs.ts';
import { webhooks } from '../../fuzz/subjects/webhooks.ts';

test.each<[string, number, () => Subject | Promise<Subject>]>([
  ['comments', 500, comments],
  ['webhooks', 100, webhooks],
  ['results', 250, results],
  ['logs', 300, logs],
  ['easystacks', 200, easystacks],
  ['tarballs', 100, tarballs],
])('%s that nobody would send: no promise is broken', async (_, count, open) => {
  const subject = await open();
  const outcome = await run(subject, { seed: 6, first: 0, count });
  await subject.close?.();
  expect(outcome.failure).toBeNull();
  expect(outcome.done).toBe(count);
});

const even: Subject<number> = {
  make: (random) => random.below(1_000),
  check(number) {
    if (number % 7 === 0) throw new Error('a seventh');
    return 'fine';
  },
  show: String,
};

test('a case that fails is named, kept, and comes again alone', async () => {
  const { failure } = await run(even, { seed: 1, first: 0, count: 1_000 });
  expect(failure?.why).toContain('a seventh');
  const again = await run(even, { seed: 1, first: failure?.number ?? -1, count: 1 });
  expect(again.failure).toMatchObject({ number: failure?.number, input: failure?.input });
});

test('a rejection that nobody waited for is a failure', async () => {
  const check = () => {
    void Promise.reject(new Error('lost'));
    return 'fine';
  };
  const { failure } = await run({ ...even, check }, { seed: 1, first: 0, count: 3 });
  expect(failure?.why).toContain('unhandled rejection: Error: lost');
});

test('a case that cannot be made is a failure, and no silent end', async () => {
  const make = () => {
    throw new Error('no such case');
  };
  const { failure } = await run({ ...even, make }, { seed: 1, first: 5, count: 3 });
  expect(failure).toMatchObject({ number: 5, why: expect.stringContaining('no such case'), input: '' });
});
