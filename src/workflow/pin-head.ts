import { Retryable } from '../domain/errors.ts';
import * as say from '../messages/replies.ts';
import type { PullRequest } from '../ports.ts';
import type { World } from './world.ts';

export type Pinned = { kind: 'pinned' } | { kind: 'refused'; sentence: string };

/** GitHub's times have whole seconds: a push in the same second may be before or after. */
const SECOND_MS = 1_000;
/** How long the webhook that names a head may come after the command that is for it, ms; a bot that was just started has both to read. */
const PATIENCE_MS = 10_000;
/** Between two looks meanwhile, ms, and longer each time. */
const LOOK_AGAIN_MS = 1_000;

/** What was asked for so long ago may no longer be wanted, ms: it reached the bot only now, or could not be carried out. */
const GOOD_FOR_MS = 24 * 60 * 60_000;

/** Whether a command came too late to be carried out without asking again. */
export function isTooOld(world: World, writtenAt: number): boolean {
  return world.clock.now() - writtenAt > GOOD_FOR_MS;
}

/**
 * Whether the head GitHub names now is the one a command was written for: nobody swaps code under a maintainer's command.
 * See docs/adr/0006-head-that-may-have-moved.md.
 * @param writtenAt when the command was written, unix ms
 * @param arrivedAt when its webhook arrived, unix ms
 * Throws Retryable for seconds where a head was never seen: its webhook may be on its way.
 */
export async function pinHead(
  world: World,
  pull: PullRequest,
  writtenAt: number,
  arrivedAt: number,
): Promise<Pinned> {
  const movedAt = await world.records.heads.movedAt(pull.repo, pull.number, pull.headSha);
  if (movedAt === null) return { kind: 'pinned' };
  if (movedAt !== undefined) {
    const before = Math.floor(movedAt / SECOND_MS) < Math.floor(writtenAt / SECOND_MS);
    return before ? { kind: 'pinned' } : { kind: 'refused', sentence: say.headMoved(pull.headSha, true) };
  }
  const at = world.clock.now();
  if (at - Math.max(arrivedAt, world.startedAt) < PATIENCE_MS)
    throw new Retryable('the head of the pull request was never seen', { retryAfterMs: LOOK_AGAIN_MS });
  await world.records.heads.saw({ repo: pull.repo, number: pull.number, sha: pull.headSha, movedAt: at, at });
  return { kind: 'refused', sentence: say.headMoved(pull.headSha, false) };
}
