import type { World } from './world.ts';

/** Puts the log of an ended build into the artifact store, once it is complete and compressed. The row comes last. */
export async function keepLog(world: World, due: { buildId: number; requestId: number }): Promise<void> {
  const { buildId, requestId } = due;
  const { logs, records, store, clock } = world;
  const packed = await logs.packed(buildId);
  if (packed === null) {
    if ((await logs.size(buildId)) === 0) await records.remains.logKept(buildId, null, clock.now());
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
