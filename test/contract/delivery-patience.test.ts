import { expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { handleDelivery } from '../../src/workflow/handle-delivery.ts';
import type { World } from '../../src/workflow/world.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';

const bot = freshRecords();
const [MINUTE, HOUR] = [60_000, 60 * 60_000];

/** A command whose handling fails with this, each time. */
async function failing(error: Error) {
  await bot.records.deliveries.record({ guid: 'g1', event: 'issue_comment', payload: {}, receivedAt: 0 });
  const event = { kind: 'comment', repo: 'stack/software-layer', number: 1, commentId: 5 };
  const at = { now: 0 };
  const world = {
    records: bot.records,
    clock: { now: () => at.now },
    log: silent,
    queue: { add: async () => undefined },
    translate: () => event,
    served: {
      get: () => {
        throw error;
      },
    },
  } as unknown as World; // nothing else is reached
  return {
    tries: async (count: number, now: number) => {
      at.now = now;
      for (let times = 0; times < count; times += 1) await handleDelivery(world, 'g1').catch(() => {});
      return (await bot.records.deliveries.get('g1'))?.state;
    },
    said: async () => (await bot.records.postings.get('reply:comment:5'))?.body ?? null,
  };
}

test('a command that GitHub fails is tried for an hour, however often, then whoever wrote it is told', async () => {
  const { tries, said } = await failing(new Retryable('GitHub answered 502'));
  expect(await tries(30, 10_000)).toBe('received');
  expect(await tries(1, HOUR - 1)).toBe('received');
  expect(await said()).toBeNull();
  expect(await tries(1, HOUR)).toBe('failed');
  expect(await said()).toContain('GitHub answered 502');
});

test('a command that fails of itself is given up after eight tries', async () => {
  const { tries, said } = await failing(new TypeError('of null'));
  expect(await tries(7, MINUTE)).toBe('received');
  expect(await tries(1, MINUTE)).toBe('failed');
  expect(await said()).toContain('of null');
});

test('a command that cannot be carried out is given up at once', async () => {
  const { tries } = await failing(new Permanent('the App may not'));
  expect(await tries(1, 0)).toBe('failed');
});
