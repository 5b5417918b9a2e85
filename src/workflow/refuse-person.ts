import { type Action, whoMay } from '../domain/permission.ts';
import { noRight } from '../messages/rights.ts';
import { reply } from './post.ts';
import type { ServedRepository, World } from './world.ts';

const HOUR_MS = 60 * 60_000;

/**
 * Tells somebody that they may not, and who may: one line, at most once an hour for each person and pull request.
 * @param command what one of those who may can write
 */
export async function refusePerson(
  world: World,
  served: ServedRepository,
  asked: { repo: string; number: number; by: string; action: Action; command: string },
): Promise<void> {
  const { repo, number, by, action, command } = asked;
  const now = world.clock.now();
  const hour = Math.floor(now / HOUR_MS);
  const keyOf = (hours: number) => `no-right:${repo}#${number}:${by.toLowerCase()}:${hours}`;
  const before = await world.records.postings.get(keyOf(hour - 1));
  // One that is not written yet is about to be.
  if (before !== null && (before.writtenAt === null || now - before.writtenAt < HOUR_MS)) return;
  const body = noRight(by, action, whoMay(served.permissions.rules[action]), command);
  await reply(world, { key: keyOf(hour), repo, number, body });
}
