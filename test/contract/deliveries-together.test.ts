import { expect, test } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import type { Job } from '../../src/ports.ts';
import { handleJob } from '../../src/workflow/handle-job.ts';
import type { World } from '../../src/workflow/world.ts';
import { freshRecords } from '../harness/fresh-records.ts';
import { recordingLog } from '../harness/log.ts';

const bot = freshRecords();

test('of deliveries in one job the one that fails comes again by itself, and the others are done', async () => {
  const guids = ['g1', 'g2', 'g3'];
  const { deliveries } = bot.records;
  for (const guid of guids)
    await deliveries.record({ guid, event: 'pull_request', payload: { guid }, receivedAt: 0 });
  const added: [Job, unknown][] = [];
  const world = {
    records: bot.records,
    clock: { now: () => 1 },
    log: recordingLog(),
    queue: { add: async (...job: [Job, unknown]) => void added.push(job) },
    translate: (_: string, payload: { guid: string }) => {
      if (payload.guid === 'g2') throw new Retryable('GitHub answered 502');
      return null;
    },
  } as unknown as World; // nothing else is reached
  await handleJob(world, { kind: 'deliveries', guids });
  expect(added).toEqual([[{ kind: 'delivery', guid: 'g2' }, { delayMs: 1_000 }]]);
  const states = await Promise.all(guids.map(async (guid) => (await deliveries.get(guid))?.state));
  expect(states).toEqual(['done', 'received', 'done']);
});
