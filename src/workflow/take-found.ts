import type { FoundEvent } from '../ports.ts';
import type { World } from './world.ts';

/** What was found on GitHub becomes a delivery and is handled as if its webhook came now; once, however often it is found. */
export async function takeFound(
  { clock, queue, records }: World,
  { guid, event, payload }: FoundEvent,
): Promise<void> {
  const receivedAt = clock.now();
  if ((await records.deliveries.record({ guid, event, payload, receivedAt })) === 'known') return;
  await queue.add({ kind: 'delivery', guid });
}
