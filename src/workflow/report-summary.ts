import { isFinal } from '../domain/build.ts';
import { checkId } from '../domain/check-id.ts';
import { comingTry, newestOfEach } from '../domain/tries.ts';
import { summaryCheck } from '../messages/check-summary.ts';
import { buildsOfHead } from './builds-of-head.ts';
import type { World } from './world.ts';
import { writeCheck } from './write-check.ts';

/** The least time between two writes while nothing is final, ms. The checks of the builds are quicker. */
const PACE_MS = 10_000;

/**
 * Brings the summary of a request's head up to what the rows say; runs behind the queue. There is one for every head that
 * somebody asked builds for, none before: a rule of the branch that asks for it then waits. Of a single build it has nothing to
 * add to that build's own check before the end: it is written once, then.
 */
export async function reportSummary(world: World, requestId: number): Promise<void> {
  const request = await world.records.requests.get(requestId);
  if (request === null) return;
  const { repo, pullRequest, headSha } = request;

  const key = `summary:${repo}#${pullRequest}:${headSha}`;
  const result = await world.records.locked(`posting:${key}`, async () => {
    const all = await buildsOfHead(world, repo, pullRequest, headSha);
    const builds = newestOfEach(all).map((build) => comingTry(all, build));
    const posting = await world.records.postings.get(key);
    const settled = builds.every((build) => isFinal(build.state));
    if (posting === null && builds.length === 1 && !settled) return 0;
    const since = world.clock.now() - (posting?.writtenAt ?? 0);
    if (since < PACE_MS && !settled) return PACE_MS - since;
    const { instance, repositories } = world.catalogue;
    const name = world.served.get(repo)?.summaryCheck ?? `${instance} / summary`;
    const byId = new Map(repositories.map((repository) => [repository.id, repository]));
    await writeCheck(world, key, repo, {
      ...summaryCheck({ name, builds, repositories: byId }),
      externalId: checkId(instance, { kind: 'summary', pullRequest }),
      headSha,
      detailsUrl: `${world.gitUrl}/${repo}/pull/${pullRequest}`,
    });
    return 0;
  });
  if (result === 'busy') await world.queue.add({ kind: 'summary', requestId }, { delayMs: 200 });
  else if (result > 0) await world.queue.add({ kind: 'summary', requestId }, { delayMs: result });
}
