import { isFinal } from '../domain/build.ts';
import { comingTry, newestTries } from '../domain/tries.ts';
import { statusComment } from '../messages/status-comment.ts';
import { chat } from './chat.ts';
import { writeComment } from './post.ts';
import { usualTimes } from './usual-times.ts';
import type { World } from './world.ts';

/** The least time between two writes of one status comment while nothing is final, ms. */
const PACE_MS = 2_000;

/** Brings the status comment of a request up to what the rows say; runs behind the queue, as often as anything changed. */
export async function reportStatus(world: World, requestId: number): Promise<void> {
  const key = `status:${requestId}`;
  // Whatever the comment shows, the summary and the labels show as well.
  await world.queue.add({ kind: 'summary', requestId });
  await world.queue.add({ kind: 'labels', requestId });
  const result = await world.records.locked(`posting:${key}`, () => write(world, requestId, key));
  if (result === 'busy') await world.queue.add({ kind: 'status', requestId }, { delayMs: 200 });
  else if (result > 0) await world.queue.add({ kind: 'status', requestId }, { delayMs: result });
}

/** @returns ms to wait before the comment may be written, 0 when it is up to date */
async function write(world: World, requestId: number, key: string): Promise<number> {
  const request = await world.records.requests.get(requestId);
  if (request === null) return 0;
  const posting = await world.records.postings.ensure({
    key,
    repo: request.repo,
    number: request.pullRequest,
    body: null,
  });
  const builds = await world.records.builds.ofRequest(requestId);
  const settled = newestTries(builds).every((build) => isFinal(comingTry(builds, build).state));
  const since = world.clock.now() - (posting.writtenAt ?? 0);
  if (!settled && posting.writtenAt !== null && since < PACE_MS) return PACE_MS - since;

  const artifacts = (
    await Promise.all(builds.map((build) => world.records.artifacts.ofBuild(build.id)))
  ).flat();
  const deploys = await world.records.deploys.ofPullRequest(request.repo, request.pullRequest);
  const shown = deploys.filter((deploy) =>
    deploy.artifacts.some((item) => artifacts.some((artifact) => artifact.id === item.artifactId)),
  );
  const watches = await Promise.all(
    shown.map(async ({ id }) => [id, await world.records.publications.ofDeploy(id)] as const),
  );
  const [newestRequest] = await world.records.requests.ofPullRequest(request.repo, request.pullRequest);
  const newest = await world.records.heads.newest(request.repo, request.pullRequest);
  const text = statusComment({
    request,
    builds,
    deploys: shown,
    watches: new Map(watches),
    isOld: newestRequest !== undefined && newestRequest.id !== requestId,
    branchAt: newest === null || newest === request.headSha ? null : newest,
    repositories: new Map(world.catalogue.repositories.map((repository) => [repository.id, repository])),
    logLink: await world.logLinks(request.repo),
    usualMs: await usualTimes(world, builds),
    artifacts: new Map(artifacts.map((artifact) => [artifact.id, artifact])),
  });
  await writeComment(world, posting, text);
  await chat(world, request, builds);
  return 0;
}
