import { setTimeout as delay } from 'node:timers/promises';
import { parseArtifactName } from '../domain/artifact-name.ts';
import { Permanent } from '../domain/errors.ts';
import { UNJUDGED } from './bring-from-node.ts';
import { dropUploads } from './drop-uploads.ts';
import { keepLog } from './keep-log.ts';
import type { World } from './world.ts';

/** A node that did not let go of a directory, or did not answer, is left alone for so long, ms. */
const NODE_REST_MS = 60 * 60_000;
/** Between two looks at how much room nodes have, ms; and while one has too little, for builds may wait for it. */
const ROOM_EVERY_MS = 15 * 60_000;
const ROOM_EVERY_WHILE_SHORT_MS = 60_000;
/** Between two looks for uploads that nobody will end, ms. */
const UPLOADS_EVERY_MS = 6 * 60 * 60_000;
/** No upload of ours takes this long, ms. */
const UPLOAD_DEAD_MS = 24 * 60 * 60_000;
/** A log nobody added to for this long is complete, ms; the log store compresses it then. */
const LOG_SETTLED_MS = 10 * 60_000;
/** Pull requests where something moved so long ago are looked at for older artifacts, ms; at the start for longer. */
const LOOK_BACK_MS = 10 * 60_000;
const LOOK_BACK_AT_START_MS = 14 * 24 * 60 * 60_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Between two looks for old logs in the data folder, and for old webhooks, ms. */
const FORGET_EVERY_MS = 60 * 60_000;
const WEBHOOKS_AT_ONCE = 500;
/** The id of a webhook is known for so long after its payload was dropped, ms: GitHub sends none again that late. */
const GUID_KEPT_MS = 180 * 24 * 60 * 60_000;
/** Logs put away in one pass. */
const LOGS_AT_ONCE = 100;

/** Removes what nobody needs any more, a little at a time: most of a pass finds nothing to do. */
export interface Housekeeper {
  /** Begins a pass, unless the one before still runs; never throws. */
  pass(): void;
  /** Whether every node that answered has room for jobs. */
  roomEverywhere(): boolean;
  /** Begins nothing any more, and waits a moment for the step in hand; what is cut off is done again. */
  close(): Promise<void>;
}

/**
 * Keeps house for a bot. What is due is found in the rows, and a row says when it is done; so nothing is lost with the
 * process, and what is done twice was harmless.
 */
export function createHousekeeper(world: World): Housekeeper {
  const { clock, log, nearlyFull, records } = world;
  const restUntil = new Map<string, number>();
  let roomAt = 0;
  let webhooksAt = 0;
  let uploadsAt = clock.now() + ROOM_EVERY_MS;
  let movedSince = clock.now() - LOOK_BACK_AT_START_MS;
  let running: Promise<void> | null = null;
  let forgetAt = 0;
  let closed = false;

  async function clear(buildId: number, node: string, cleared: () => Promise<void>): Promise<void> {
    if ((restUntil.get(node) ?? 0) > clock.now()) return;
    try {
      if (!(await world.builders.remove(buildId, node))) throw new Error('a process of it will not end');
      await cleared();
      log.info({ build: buildId, node }, "job's directory removed from its node");
    } catch (err) {
      if (closed) return;
      const gone = err instanceof Permanent; // such as a node that the configuration no longer knows
      restUntil.set(node, gone ? Number.POSITIVE_INFINITY : clock.now() + NODE_REST_MS);
      log.warn({ err, build: buildId, node }, "a job's directory could not be removed from its node");
    }
  }

  async function clearDirectories(): Promise<void> {
    for (const [pool, { retainSeconds }] of world.housekeeping) {
      const endedBefore = {
        failed: clock.now() - retainSeconds.failed * 1000,
        others: clock.now() - retainSeconds.others * 1000,
      };
      for (const { buildId, node } of await records.remains.directories(pool, endedBefore)) {
        if (closed) return;
        await clear(buildId, node, () => records.remains.cleared(buildId, clock.now()));
      }
    }
    const longest = [...world.housekeeping.values()].map((pool) =>
      Math.max(...Object.values(pool.retainSeconds)),
    );
    // Not sooner: nodes may share a file system or a queue, where the stray and the build itself are one.
    for (const { buildId, node } of await records.remains.strays(clock.now() - Math.max(...longest) * 1000)) {
      if (closed) return;
      await clear(buildId, node, () => records.remains.strayCleared(buildId, node));
    }
  }

  async function lookForRoom(): Promise<void> {
    if (clock.now() < roomAt) return;
    for (const room of await world.builders.space()) {
      // One that does not answer is told by those who need it.
      if ('error' in room) continue;
      const { node, freeBytes, totalBytes } = room;
      const minFreeBytes = world.housekeeping.get(node.split('/')[0] ?? '')?.minFreeBytes ?? 0;
      if (freeBytes >= minFreeBytes) {
        if (!nearlyFull.delete(node)) continue;
        log.info({ node, freeBytes }, 'a node has room for jobs again');
        await world.queue.add({ kind: 'place' });
      } else if (!nearlyFull.has(node)) {
        nearlyFull.add(node);
        log.warn({ node, freeBytes, totalBytes, minFreeBytes }, 'a node has little room left for jobs');
      }
    }
    roomAt = clock.now() + (nearlyFull.size === 0 ? ROOM_EVERY_MS : ROOM_EVERY_WHILE_SHORT_MS);
  }

  async function keepLogs(): Promise<void> {
    for (const due of await records.remains.logs(clock.now() - LOG_SETTLED_MS, LOGS_AT_ONCE)) {
      if (closed) return;
      await keepLog(world, due);
    }
  }

  async function forgetLogs(): Promise<void> {
    if (clock.now() < forgetAt) return;
    forgetAt = clock.now() + FORGET_EVERY_MS;
    const kept = async (buildId: number) => (await records.remains.logKey(buildId)) !== null;
    const forgotten = await world.logs.forget(clock.now() - world.logsHereMs, kept);
    if (forgotten > 0) log.info({ logs: forgotten }, 'old logs are in the artifact store only');
  }

  async function forgetWebhooks(): Promise<void> {
    if (clock.now() < webhooksAt) return;
    webhooksAt = clock.now() + FORGET_EVERY_MS;
    const payloadsBefore = clock.now() - world.keepWebhooksMs;
    const guidsBefore = payloadsBefore - GUID_KEPT_MS;
    let forgotten = 0;
    for (let some = WEBHOOKS_AT_ONCE; some >= WEBHOOKS_AT_ONCE && !closed; forgotten += some)
      some = await records.deliveries.forget({ payloadsBefore, guidsBefore }, WEBHOOKS_AT_ONCE);
    if (forgotten > 0) log.info({ webhooks: forgotten }, 'payloads of old webhooks were dropped');
  }

  async function dropOlder(): Promise<void> {
    const now = clock.now();
    await dropUploads(world, movedSince);
    movedSince = now - LOOK_BACK_MS;
  }

  async function freeUploads(): Promise<void> {
    if (clock.now() < uploadsAt) return;
    uploadsAt = clock.now() + UPLOADS_EVERY_MS;
    const before = clock.now() - UPLOAD_DEAD_MS;
    const freed = await world.store.abortUploads({ prefix: world.keyPrefix, before, ours: isArtifactKey });
    if (freed > 0) log.info({ uploads: freed }, 'uploads that never ended were freed');
  }

  async function all(): Promise<void> {
    const steps = [
      lookForRoom,
      keepLogs,
      forgetLogs,
      forgetWebhooks,
      dropOlder,
      freeUploads,
      clearDirectories,
    ];
    for (const step of steps) {
      if (closed) return;
      await step().catch((err) => {
        if (!closed) log.warn({ err }, 'a part of the housekeeping failed');
      });
    }
  }

  return {
    pass() {
      running ??= all().finally(() => {
        running = null;
      });
    },
    roomEverywhere: () => nearlyFull.size === 0,
    async close() {
      closed = true;
      await Promise.race([running, delay(CLOSE_TIMEOUT_MS, null, { ref: false })]);
    },
  };
}

/** Others may keep uploads of their own in the bucket: ours are for keys that end in an artifact's name. */
function isArtifactKey(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1).replace(UNJUDGED, '');
  return !('problem' in parseArtifactName(name));
}
