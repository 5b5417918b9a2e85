import type { ArtifactStore, Log, LogStore } from '../ports.ts';

/** Logs that come back from the artifact store when somebody asks for one that is no longer on this machine. */
export function storedLogs(
  local: LogStore,
  options: {
    store: Pick<ArtifactStore, 'open'>;
    /** Key of a build's log in the store, or null. */
    keyOf(buildId: number): Promise<string | null>;
    log: Log;
  },
): LogStore {
  const { store, keyOf, log } = options;

  async function bringBack(buildId: number): Promise<boolean> {
    const key = await keyOf(buildId);
    const packed = key === null ? null : await store.open(key);
    if (packed === null) return false;
    await local.restore(buildId, packed);
    log.info({ build: buildId, key }, 'log brought back from the artifact store');
    return true;
  }

  return {
    ...local,
    async size(buildId) {
      const size = await local.size(buildId);
      return size === 0 && (await bringBack(buildId)) ? local.size(buildId) : size;
    },
    async read(buildId, from) {
      if ((await local.size(buildId)) === 0) await bringBack(buildId);
      return local.read(buildId, from);
    },
  };
}
