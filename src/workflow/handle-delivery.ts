import { Permanent, Retryable } from '../domain/errors.ts';
import type { ClosedEvent, DomainEvent, HeadEvent } from '../domain/events.ts';
import type { Delivery } from '../ports.ts';
import { cancelOnClose } from './cancel-builds.ts';
import { becameDraft, greet } from './greet.ts';
import { handleComment } from './handle-comment.ts';
import { handleEditedComment } from './handle-edited-comment.ts';
import { handleLabel } from './handle-label.ts';
import { sayGivenUp, sayNotYet } from './not-yet.ts';
import { pressButton } from './press-button.ts';
import { deployPullRequestClosed, reviewDeploy } from './review-deploy.ts';
import { endOnClose } from './wait-for.ts';
import { wakeWaiting } from './wake-waiting.ts';
import type { World } from './world.ts';

/** Tries before a delivery that fails of itself is given up, with a sentence where somebody waits for one. */
const MOST_ATTEMPTS = 8;
/** For so long one that others fail is tried again, ms. */
const PATIENCE_MS = 60 * 60_000;

/** The step behind the queue for every webhook: what it means, and what follows from it. */
export async function handleDelivery(world: World, guid: string): Promise<void> {
  const done = await world.records.locked(`delivery:${guid}`, async () => {
    const delivery = await world.records.deliveries.begin(guid);
    if (delivery === null) return;
    let event: DomainEvent | null = null;
    try {
      event = world.translate(delivery.event, delivery.payload);
      const outcome = event === null ? 'means nothing here' : await handleEvent(world, event, delivery);
      if (outcome === 'busy') return outcome;
      await world.records.deliveries.finish(guid, 'done', outcome);
      world.log.info({ guid, event: delivery.event, outcome }, 'delivery handled');
    } catch (error) {
      if (comesAgain(error, delivery, world.clock.now())) {
        if (error instanceof Retryable)
          await sayNotYet(world, event, delivery, error, delivery.receivedAt + PATIENCE_MS);
        throw error;
      }
      const detail = error instanceof Error ? error.message : String(error);
      world.log.error({ guid, event: delivery.event, err: error }, 'delivery given up');
      await sayGivenUp(world, event, delivery, detail);
      await world.records.deliveries.finish(guid, 'failed', detail);
    }
  });
  if (done === 'busy') await world.queue.add({ kind: 'delivery', guid }, { delayMs: 500 });
}

/** What may pass is tried for as long as people have patience, however often: a GitHub that is unwell fails eight tries in ten seconds. */
function comesAgain(error: unknown, { attempts, receivedAt }: Delivery, now: number): boolean {
  if (error instanceof Permanent) return false;
  return error instanceof Retryable ? now - receivedAt < PATIENCE_MS : attempts < MOST_ATTEMPTS;
}

/** @returns what was done, in a few words for the record; 'busy' when it cannot be done just now and comes again */
async function handleEvent(
  world: World,
  event: DomainEvent,
  { guid, receivedAt }: Delivery,
): Promise<string> {
  switch (event.kind) {
    case 'comment':
      return handleComment(world, event, receivedAt);
    case 'edited':
      return handleEditedComment(world, event);
    case 'label':
      return handleLabel(world, event, guid);
    case 'head':
      return rememberHead(world, event);
    case 'draft':
      return becameDraft(world, event);
    case 'closed':
      return pullRequestClosed(world, event);
    case 'button':
      return pressButton(world, event, guid);
    case 'review':
      return reviewDeploy(world, event);
  }
}

async function rememberHead(world: World, event: HeadEvent): Promise<string> {
  const served = world.served.get(event.repo);
  if (!served) return 'repository is not served';
  const { repo, number, headSha, movedAt, at } = event;
  await world.records.heads.saw({ repo, number, sha: headSha, movedAt, at });
  // What was built before is now of an older commit, or of the newest again.
  const requests = await world.records.requests.ofPullRequest(repo, number);
  for (const request of requests) await world.queue.add({ kind: 'status', requestId: request.id });
  await wakeWaiting(world, repo, number);
  if (movedAt === null) await greet(world, served, repo, number);
  return 'head remembered';
}

/** Nobody waits for the builds of a closed pull request; a closed deploy PR is a decision. */
async function pullRequestClosed(world: World, event: ClosedEvent): Promise<string> {
  if (!world.served.has(event.repo)) return deployPullRequestClosed(world, event);
  // Told late, it may be open again, with builds that somebody waits for.
  const pull = await world.github.pullRequest(event.repo, event.number);
  if (pull?.state === 'open') return 'open again';
  await endOnClose(world, event);
  await wakeWaiting(world, event.repo, event.number);
  return `cancelled ${await cancelOnClose(world, event.repo, event.number, event.by.login)} builds`;
}
