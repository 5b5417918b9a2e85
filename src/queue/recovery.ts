import { setTimeout as delay } from 'node:timers/promises';

/** Between two tries to reach a server that is in trouble, ms; also the least time before the first. */
const TRY_EVERY_MS = 500;
/** Between two reports that it is back, ms: a server that fails each second is not reported each second. */
const LEAST_GAP_MS = 10_000;

/** Finds out when trouble with a server is over. */
export interface Recovery {
  /** There is trouble; told as often as it is felt. */
  trouble(): void;
  close(): void;
}

/**
 * @param reach comes to the server as somebody new does, and makes there what a queue needs; rejects while it cannot
 * @param over what was with the server may be lost: called once it can be reached again
 */
export function watchForRecovery(reach: () => Promise<void>, over: () => void): Recovery {
  let recovering = false;
  let closed = false;
  let last = Number.NEGATIVE_INFINITY;

  async function recover(): Promise<void> {
    for (;;) {
      await delay(TRY_EVERY_MS, null, { ref: false });
      if (closed) return;
      const isThere = await reach().then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      const early = last + LEAST_GAP_MS - performance.now();
      if (early > 0) await delay(early, null, { ref: false });
      if (closed) return;
      last = performance.now();
      over();
      return;
    }
  }

  return {
    trouble() {
      if (recovering || closed) return;
      recovering = true;
      recover().finally(() => {
        recovering = false;
      });
    },
    close() {
      closed = true;
    },
  };
}
