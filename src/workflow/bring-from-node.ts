import type { JobHandle } from '../domain/build.ts';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Collector, CollectResult } from '../ports.ts';
import type { World } from './world.ts';

/** End of a key under which nobody looks for an artifact: its bytes came from a node and are not judged yet. */
export const UNJUDGED = '.unjudged';

type ToCollect = Omit<Parameters<Collector['collect']>[0], 'source' | 'brought'>;

/**
 * Lets the node upload an artifact itself, and judges what the store then has: the bot reads it once from there, and only
 * what is good is copied to the artifact's key. What a dead process left is written over.
 * @returns null when the node has no such file
 */
export async function collectBrought(
  world: World,
  handle: JobHandle,
  artifact: ToCollect,
): Promise<CollectResult | null> {
  const { store, builders, collector, log } = world;
  const { direct } = store;
  if (direct === undefined) throw new Permanent('`collect: presigned` needs artifacts that are kept in S3');
  const { file } = artifact.name;
  const measured = await builders.measureArtifact(handle, file);
  if (measured === null) return null;
  const key = `${artifact.key}${UNJUDGED}`;
  const { uploadId, partBytes, urls } = await direct.begin(key, measured.bytes);
  try {
    const etags = await builders.uploadArtifact(handle, file, { partBytes, urls });
    await direct.end(key, uploadId, etags);
  } catch (error) {
    await direct.abort(key, uploadId).catch((err) => log.info({ err, key }, 'an upload was not aborted'));
    throw error;
  }
  try {
    const source = await store.open(key);
    if (source === null) throw new Retryable(`${file} is gone from the store before it was judged`);
    return await collector.collect({ ...artifact, source, brought: { key, sha256: measured.sha256 } });
  } finally {
    await store.delete(key).catch((err) => log.info({ err, key }, 'what was judged is still in the store'));
  }
}
