import type { World } from './world.ts';

/** What lies beside an artifact in the store, under its key with this at the end. */
const BESIDE = ['.meta.txt', '.meta.txt.sig', '.sig'];

/**
 * Where a repository keeps only the newest artifact of a target, removes the older ones of pull requests where a build or a
 * deploy moved after `since` (unix ms). The row says so first, so nobody puts up for approval what is on its way out; what is
 * marked and not gone is found again.
 */
export async function dropUploads(world: World, since: number): Promise<void> {
  const { records, store, queue, clock, log } = world;
  for (const [repo, { upload }] of world.served)
    if (upload === 'latest') await records.uploads.removeOlder(repo, since, clock.now());
  for (const { id, requestId, key } of await records.uploads.toErase()) {
    await queue.add({ kind: 'status', requestId });
    if (key !== null) for (const end of [...BESIDE, '']) await store.delete(`${key}${end}`);
    await records.uploads.erased(id, clock.now());
    log.info({ artifact: id, key }, 'artifact removed from the store: a newer one took its place');
  }
}
