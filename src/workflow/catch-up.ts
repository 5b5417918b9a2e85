import { setTimeout as delay } from 'node:timers/promises';
import type { SentDelivery } from '../ports.ts';
import { comparePulls } from './compare-pulls.ts';
import type { World } from './world.ts';

/** GitHub keeps its log for so long, ms. */
const GITHUB_KEEPS_MS = 3 * 24 * 60 * 60_000;
/** Read once more each time, ms: an attempt comes into the log only when it has ended, and clocks differ. */
const OVERLAP_MS = 2 * 60_000;
/** Lines of the log that are read in one look; a page has 100. */
const MOST_LINES = 20_000;
/** Payloads that are fetched in one look, one after the other; an App may ask for 5,000 things an hour. */
const MOST_FETCHED = 300;
const CLOSE_TIMEOUT_MS = 2_000;

/** Looks for webhooks that did not arrive. */
export interface CatchUp {
  /** Begins a look when one is due, unless the one before still runs; never throws. */
  pass(): void;
  /** Begins nothing any more, and waits a moment for the step in hand; what is cut off is done again. */
  close(): Promise<void>;
}

/** @param everyMs between two looks into GitHub's log of deliveries; after one that failed or left some for later, at the next pass */
export function createCatchUp(world: World, everyMs: number): CatchUp {
  const { clock, log } = world;
  let dueAt = 0;
  let running: Promise<void> | null = null;
  let closed = false;

  async function look(): Promise<void> {
    try {
      if ((await readDeliveryLog(world, () => closed)) !== 'more') dueAt = clock.now() + everyMs;
    } catch (err) {
      if (!closed) log.warn({ err }, "GitHub's log of deliveries could not be read");
    }
  }

  return {
    pass() {
      if (closed || clock.now() < dueAt) return;
      running ??= look().finally(() => {
        running = null;
      });
    },
    async close() {
      closed = true;
      await Promise.race([running, delay(CLOSE_TIMEOUT_MS, null, { ref: false })]);
    },
  };
}

/**
 * Reads GitHub's log of deliveries back to where it was read before, and takes up what failed there and is not known here, as
 * if it came now, oldest first. A delivery that was answered with 2xx had its row, also where an older record was restored
 * since: it is not carried out again. One process at a time; where nothing was missed it is one request.
 * @returns 'more': so much was missed that the rest is left for the next look
 */
export async function readDeliveryLog(
  world: World,
  isClosed: () => boolean = () => false,
): Promise<'read' | 'more' | 'busy'> {
  return world.records.locked('delivery-log', async () => {
    const { clock, log } = world;
    const { deliveries } = world.records;
    const now = clock.now();
    const readTo = await deliveries.logReadTo();
    if (readTo === null) {
      // A new record: what was sent before was for somebody else.
      await deliveries.readLogTo(now);
      return 'read';
    }
    const since = readTo - OVERLAP_MS;
    const reaches = now - GITHUB_KEEPS_MS;
    if (since < reaches) await comparePulls(world, since, reaches + OVERLAP_MS);
    const { missed, newest } = await missedSince(world, Math.max(since, reaches));
    for (const sent of missed.slice(0, MOST_FETCHED)) {
      if (isClosed()) return 'more';
      await takeUp(world, sent);
    }
    const next = missed[MOST_FETCHED];
    await deliveries.readLogTo(next?.deliveredAt ?? newest ?? Math.max(readTo, reaches + OVERLAP_MS));
    if (missed.length > 0) log.info({ missed: missed.length }, 'webhooks that did not arrive were fetched');
    return next === undefined ? 'read' : 'more';
  });
}

/** What the log has since then and the record has not, oldest first, and when the newest delivery was sent. */
async function missedSince(
  { github, isHandled, log, records }: World,
  since: number,
): Promise<{ missed: SentDelivery[]; newest: number | null }> {
  const failed = new Map<string, SentDelivery>();
  const taken = new Set<string>();
  let newest: number | null = null;
  let lines = 0;
  for await (const sent of github.deliveriesSince(since)) {
    newest ??= sent.deliveredAt;
    lines += 1;
    if (lines > MOST_LINES) {
      log.warn(
        { since, readBackTo: sent.deliveredAt },
        "GitHub's log of deliveries is too long to be read whole",
      );
      break;
    }
    if (!isHandled(sent.event, sent.action)) continue;
    // Attempts share a GUID; the first one, which comes last here, has its place in the order of what happened.
    failed.delete(sent.guid);
    if (sent.taken) taken.add(sent.guid);
    else failed.set(sent.guid, sent);
  }
  const unanswered = [...failed.values()].filter(({ guid }) => !taken.has(guid)).reverse();
  const known = await records.deliveries.known(unanswered.map(({ guid }) => guid));
  return { missed: unanswered.filter(({ guid }) => !known.has(guid)), newest };
}

async function takeUp({ clock, log, queue, records }: World, sent: SentDelivery): Promise<void> {
  const { guid, event } = sent;
  const payload = await sent.payload();
  if (payload === null) {
    log.warn({ guid, event }, 'GitHub no longer has a webhook that did not arrive');
    return;
  }
  if ((await records.deliveries.record({ guid, event, payload, receivedAt: clock.now() })) === 'known')
    return;
  await queue.add({ kind: 'delivery', guid });
}
