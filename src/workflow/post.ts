import { createHash } from 'node:crypto';
import { fitBody, marker } from '../messages/markdown.ts';
import type { Posting } from '../ports.ts';
import type { World } from './world.ts';

/** Says something once on an issue or pull request; the key makes it once, however often this runs. */
export async function reply(
  world: World,
  message: { key: string; repo: string; number: number; body: string },
): Promise<void> {
  await world.records.postings.ensure(message);
  await world.queue.add({ kind: 'reply', key: message.key });
}

/**
 * Writes a comment so that it stands exactly once, whatever died before: a row before the creation, a marker in the text,
 * a search for the marker when an earlier creation was begun and never confirmed. The caller holds the posting's lock.
 */
export async function writeComment(
  world: World,
  posting: Posting,
  text: string,
): Promise<'written' | 'unchanged'> {
  if (posting.number === null) throw new TypeError(`posting ${posting.key} is no comment`);
  const mark = marker(world.catalogue.instance, posting.key);
  const body = fitBody(`${mark}\n${text}`);
  const hash = sha256(body);
  if (posting.remoteId !== null && posting.writtenHash === hash) return 'unchanged';
  let remoteId = posting.remoteId;
  if (remoteId === null && posting.attemptedAt !== null) {
    remoteId = await world.github.findComment(posting.repo, posting.number, mark);
  }
  if (remoteId !== null) {
    const result = await world.github.updateComment(posting.repo, remoteId, body);
    if (result === 'updated') {
      await world.records.postings.written(posting.key, remoteId, hash, world.clock.now());
      return 'written';
    }
  }
  await world.records.postings.attempt(posting.key, world.clock.now());
  const created = await world.github.createComment(posting.repo, posting.number, body);
  await world.records.postings.written(posting.key, created, hash, world.clock.now());
  return 'written';
}

/** Lowercase hex sha256 of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
