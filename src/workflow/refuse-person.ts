import { type Action, whoMay } from '../domain/permission.ts';
import { noRight, noRightEither } from '../messages/rights.ts';
import { reply } from './post.ts';
import type { ServedRepository, World } from './world.ts';

const HOUR_MS = 60 * 60_000;

/** What somebody asked for: a command that one of those who may can write, or what is wrong with theirs. */
type Asked = { repo: string; number: number; by: string; action: Action } & (
  | { command: string }
  | { mistaken: string }
);

/**
 * Tells somebody that they may not, and who may: one line, at most once an hour for each person and pull request. What is wrong
 * with what they wrote stands before it.
 */
export async function refusePerson(world: World, served: ServedRepository, asked: Asked): Promise<void> {
  const { repo, number, by, action } = asked;
  const now = world.clock.now();
  const hour = Math.floor(now / HOUR_MS);
  const keyOf = (hours: number) => `no-right:${repo}#${number}:${by.toLowerCase()}:${hours}`;
  const before = await world.records.postings.get(keyOf(hour - 1));
  // One that is not written yet is about to be.
  if (before !== null && (before.writtenAt === null || now - before.writtenAt < HOUR_MS)) return;
  const who = whoMay(served.permissions.rules[action]);
  const body =
    'command' in asked
      ? noRight(by, action, who, asked.command)
      : `${asked.mistaken}\n\n${noRightEither(by, action, who)}`;
  await reply(world, { key: keyOf(hour), repo, number, body });
}
