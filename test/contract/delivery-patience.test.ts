import { expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { PullRequest } from '../../src/ports.ts';
import { handleDelivery } from '../../src/workflow/handle-delivery.ts';
import { pinHead } from '../../src/workflow/pin-head.ts';
import type { World } from '../../src/workflow/world.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { silent } from '../harness/log.ts';

const bot = freshRecords();
const [MINUTE, HOUR] = [60_000, 60 * 60_000];

/** A command whose handling fails with this, each time. */
async function failing(error: Error) {
  await bot.records.deliveries.record({ guid: 'g1', event: 'issue_comment', payload: {}, receivedAt: 0 });
  const author = { login: 'maria', isBot: false };
  const event = { kind: 'comment', repo: 'stack/software-layer', number: 1, commentId: 5, author };
  const at = { now: 0, takesComments: true };
  const comments: string[] = [];
  const world = {
    records: bot.records,
    clock: { now: () => at.now },
    log: silent,
    queue: { add: async () => undefined },
    translate: () => event,
    catalogue: { instance: 'demo-bot' },
    github: {
      findComment: async () => null,
      createComment: async (_repo: string, _number: number, body: string) => {
        if (!at.takesComments) throw error;
        return comments.push(body);
      },
    },
    served: {
      get: () => {
        throw error;
      },
    },
  } as unknown as World; // nothing else is reached
  return {
    at,
    comments,
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

test('after minutes of it there is a word once GitHub takes one, once', async () => {
  const { at, comments, tries } = await failing(new Retryable('GitHub answered 502'));
  await tries(10, 3 * MINUTE - 1);
  expect(comments).toEqual([]);
  at.takesComments = false;
  expect(await tries(1, 3 * MINUTE)).toBe('received');
  at.takesComments = true;
  await tries(2, 5 * MINUTE);
  expect(comments.map((body) => body.split('\n').at(-1))).toMatchInlineSnapshot(`
    [
      "What @maria asked for is not carried out yet: \`GitHub answered 502\`. It is tried again until 01:00 UTC; nobody has to ask again.",
    ]
  `);
});

test('a word that GitHub did not take is not written once the command is carried out', async () => {
  const { at, tries } = await failing(new Retryable('GitHub answered 502'));
  at.takesComments = false;
  await tries(1, 3 * MINUTE);
  expect(await bot.records.postings.unwritten()).toEqual([]);
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

test('the webhook that names a head may come seconds after a command for it, or after a bot was started that has both to read', async () => {
  const pull = { repo: 'stack/software-layer', number: 1, headSha: 'a'.repeat(40) } as PullRequest;
  const at = { now: 60_000 };
  const world = { records: bot.records, clock: { now: () => at.now }, startedAt: 30_000 } as unknown as World;
  const pin = (arrivedAt: number) =>
    pinHead(world, pull, 0, arrivedAt).then(
      ({ kind }) => kind,
      (error: Error) => error.message,
    );
  const unseen = 'the head of the pull request was never seen';
  expect(await pin(50_001)).toBe(unseen);
  at.now = 39_999;
  expect(await pin(0)).toBe(unseen);
  at.now = 40_000;
  expect(await pin(0)).toBe('refused');
  // Whoever asks again has seen it.
  expect(await pinHead(world, pull, 45_000, 45_000)).toEqual({ kind: 'pinned' });
});
