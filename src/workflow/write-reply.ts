import { writeIssue } from './open-issue.ts';
import { writeComment } from './post.ts';
import type { World } from './world.ts';

/** The step behind the queue that writes a message which is written once: a reply, or an issue. */
export async function writeReply(world: World, key: string): Promise<void> {
  const done = await world.records.locked(`posting:${key}`, async () => {
    const posting = await world.records.postings.get(key);
    if (posting === null || posting.body === null || posting.remoteId !== null) return;
    if (posting.number === null) await writeIssue(world, posting, posting.body);
    else await writeComment(world, posting, posting.body);
  });
  if (done === 'busy') await world.queue.add({ kind: 'reply', key }, { delayMs: 500 });
}
