import { standingOf } from '../domain/pull-labels.ts';
import type { BuildRequest } from '../domain/request.ts';
import { comingTry, newestOfEach } from '../domain/tries.ts';
import { buildsOfHead } from './builds-of-head.ts';
import { sha256 } from './post.ts';
import type { World } from './world.ts';

/**
 * Brings the labels of a request's pull request up to how the builds of its newest head stand; runs behind the queue. Only
 * the configured labels are touched, and only when something changed: one that a person takes off stays off until then.
 */
export async function reportLabels(world: World, requestId: number): Promise<void> {
  const request = await world.records.requests.get(requestId);
  if (request === null) return;
  const key = `labels:${request.repo}#${request.pullRequest}`;
  const result = await world.records.locked(`posting:${key}`, () => set(world, request, key));
  if (result === 'busy') await world.queue.add({ kind: 'labels', requestId }, { delayMs: 200 });
}

async function set(
  world: World,
  { repo, pullRequest: number, headSha }: BuildRequest,
  key: string,
): Promise<void> {
  const labels = world.served.get(repo)?.labels;
  const ours = Object.values(labels ?? {}).filter((label) => label !== null);
  if (labels === undefined || ours.length === 0) return;
  const head = (await world.records.heads.newest(repo, number)) ?? headSha;
  const all = await buildsOfHead(world, repo, number, head);
  const standing = standingOf(newestOfEach(all).map((build) => comingTry(all, build)));
  const wanted = standing === null ? null : labels[standing];
  const posting = await world.records.postings.ensure({ key, repo, number, body: null });
  const hash = sha256(JSON.stringify([wanted, ours]));
  if (posting.writtenHash === hash) return;
  const worn = (await world.github.pullRequest(repo, number))?.labels;
  if (worn === undefined) return;
  for (const label of ours.filter((label) => label !== wanted && worn.includes(label)))
    await world.github.removeLabel(repo, number, label);
  if (wanted !== null && !worn.includes(wanted)) await world.github.addLabel(repo, number, wanted);
  // Labels have no id of their own on a pull request: its number stands for them.
  await world.records.postings.written(key, number, hash, world.clock.now());
}
