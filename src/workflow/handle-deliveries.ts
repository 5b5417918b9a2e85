import { handleDelivery } from './handle-delivery.ts';
import type { World } from './world.ts';

/** Between a delivery that failed among others and its next try, which it has for itself. */
const AGAIN_MS = 1_000;

/** Deliveries that share a job, one after the other; one that fails comes again by itself and holds up no other. */
export async function handleDeliveries(world: World, guids: readonly string[]): Promise<void> {
  for (const guid of guids) {
    try {
      await handleDelivery(world, guid);
    } catch (err) {
      world.log.warn({ guid, err }, 'a delivery failed and will be tried again');
      await world.queue.add({ kind: 'delivery', guid }, { delayMs: AGAIN_MS });
    }
  }
}
