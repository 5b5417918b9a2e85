import { fitBody, marker } from '../messages/markdown.ts';
import type { Posting } from '../ports.ts';
import { sha256 } from './post.ts';
import type { World } from './world.ts';

/**
 * Opens an issue once; the key makes it once, however often this runs. In the row an issue is a message without a number,
 * whose first line is the title.
 */
export async function openIssue(
  world: World,
  issue: { key: string; repo: string; title: string; body: string },
): Promise<void> {
  const { key, repo, title, body } = issue;
  const text = `${title.replaceAll(/\s+/g, ' ')}\n${body}`;
  await world.records.postings.ensure({ key, repo, number: null, body: text });
  await world.queue.add({ kind: 'reply', key });
}

/** The step behind the queue; GitHub is searched for the marker, so that it stands once whatever died before. */
export async function writeIssue(world: World, { key, repo }: Posting, text: string): Promise<void> {
  const end = text.indexOf('\n');
  const mark = marker(world.catalogue.instance, key);
  const body = fitBody(`${mark}\n${text.slice(end + 1)}`);
  await world.records.postings.attempt(key, world.clock.now());
  const number = await world.github.openIssue(repo, { marker: mark, title: text.slice(0, end), body });
  await world.records.postings.written(key, number, sha256(body), world.clock.now());
}
