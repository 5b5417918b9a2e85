import type { CommentEvent, DomainEvent, LabelEvent } from '../domain/events.ts';
import * as say from '../messages/replies.ts';
import type { Delivery } from '../ports.ts';
import { reply, writeComment } from './post.ts';
import type { World } from './world.ts';

/** What others fail for so long is said, ms: most trouble has passed by then. */
const SAID_AFTER_MS = 3 * 60_000;
const HOUR_MS = 60 * 60_000;

/** Whoever asked for something waits for an answer; what only happened has nobody who does. */
type Asked = CommentEvent | LabelEvent;

function isAsked(event: DomainEvent | null): event is Asked {
  return event?.kind === 'comment' || event?.kind === 'label';
}

/**
 * A word to whoever waits for a command that others fail: once an hour on a pull request, however many commands wait there. It is
 * written here and now or not at all, as it would be wrong by the time that GitHub takes it later; never throws.
 * @param until for so long it is tried again, unix ms
 */
export async function sayNotYet(
  world: World,
  event: DomainEvent | null,
  { receivedAt }: Delivery,
  error: Error,
  until: number,
): Promise<void> {
  if (!isAsked(event) || world.clock.now() - receivedAt < SAID_AFTER_MS) return;
  const { repo, number } = event;
  const by = event.kind === 'comment' ? event.author : event.by;
  const key = `not-yet:${repo}#${number}:${Math.floor(receivedAt / HOUR_MS)}`;
  const body = say.notYet(by.login, error.message, until);
  try {
    await world.records.locked(`posting:${key}`, async () => {
      // Without a body the reconciler never writes it.
      const posting = await world.records.postings.ensure({ key, repo, number, body: null });
      if (posting.remoteId === null) await writeComment(world, posting, body);
    });
  } catch (err) {
    world.log.info({ err, key }, 'nobody could be told of the trouble');
  }
}

/** What could not be carried out in the end is said to whoever asked for it. */
export async function sayGivenUp(
  world: World,
  event: DomainEvent | null,
  { guid }: Delivery,
  detail: string,
): Promise<void> {
  if (!isAsked(event)) return;
  const { repo, number } = event;
  const what = event.kind === 'comment' ? `comment:${event.commentId}` : `label:${guid}`;
  await reply(world, { key: `reply:${what}`, repo, number, body: say.trouble(detail) });
}
