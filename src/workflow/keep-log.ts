import type { World } from './world.ts';

/** A log that no bot of this database has brought after this time is nowhere, ms. */
const NOWHERE_MS = 24 * 60 * 60_000;

/**
 * Puts the log of an ended build into the artifact store, once it is complete and compressed. The row comes last. A log that
 * is not here may be in the data folder of another bot.
 */
export async function keepLog(
  world: World,
  due: { buildId: number; requestId: number; endedAt: number },
): Promise<void> {
  const { buildId, requestId, endedAt } = due;
  const { logs, records, store, clock } = world;
  const packed = await logs.packed(buildId);
  if (packed === null) {
    const nowhere = endedAt < clock.now() - NOWHERE_MS && (await logs.size(buildId)) === 0;
    if (nowhere) await records.remains.logKept(buildId, null, clock.now());
    return;
  }
  const request = await records.requests.get(requestId);
  if (request === null) {
    packed.destroy();
    return;
  }
  const { repo, pullRequest, headSha } = request;
  const key = world.logKey({ repo, pullRequest, buildId });
  const names = { repo, 'pull-request': String(pullRequest), commit: headSha, build: String(buildId) };
  await store.put(key, packed, {
    contentType: 'application/gzip',
    metadata: names,
    tags: { ...names, stratobot: 'log' },
  });
  await records.remains.logKept(buildId, key, clock.now());
}
