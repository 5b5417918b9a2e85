import type { CheckOutput } from '../ports.ts';
import { sha256 } from './post.ts';
import type { World } from './world.ts';

/**
 * Writes a check so that it stands exactly once, and only when it changed: as writeComment() does, with the external id for
 * a marker. The caller sees to it that nobody else writes the same.
 */
export async function writeCheck(world: World, key: string, repo: string, check: CheckOutput): Promise<void> {
  const posting = await world.records.postings.ensure({ key, repo, number: null, body: null });
  const hash = sha256(JSON.stringify(check));
  if (posting.writtenHash === hash) return;

  let checkId = posting.remoteId;
  if (checkId === null && posting.attemptedAt !== null) {
    checkId = await world.github.findCheck(repo, check.headSha, check.externalId);
  }
  if (checkId === null) {
    await world.records.postings.attempt(key, world.clock.now());
    checkId = await world.github.createCheck(repo, check);
  } else {
    await world.github.updateCheck(repo, checkId, check);
  }
  await world.records.postings.written(key, checkId, hash, world.clock.now());
}
