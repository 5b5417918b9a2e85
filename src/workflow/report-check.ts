import { buildCheck } from '../messages/check.ts';
import type { CheckOutput } from '../ports.ts';
import { sha256 } from './post.ts';
import { repositoryTarget, type World } from './world.ts';

/** Brings the GitHub check of a build up to what its row says; runs behind the queue. */
export async function reportCheck(world: World, buildId: number): Promise<void> {
  const key = `check:${buildId}`;
  const result = await world.records.locked(`posting:${key}`, () => write(world, buildId, key));
  if (result === 'busy') await world.queue.add({ kind: 'check', buildId }, { delayMs: 200 });
}

async function write(world: World, buildId: number, key: string): Promise<void> {
  const build = await world.records.builds.get(buildId);
  const request = build && (await world.records.requests.get(build.requestId));
  if (!build || !request) return;
  const { instance } = world.catalogue;
  const check: CheckOutput = {
    ...buildCheck(instance, build, repositoryTarget(world, build.repository)),
    externalId: `stratobot:${instance}:build:${buildId}`,
    headSha: request.headSha,
    detailsUrl: `${world.publicUrl}/builds/${buildId}/log`,
  };
  const posting = await world.records.postings.ensure({ key, repo: request.repo, number: null, body: null });
  const hash = sha256(JSON.stringify(check));
  if (posting.writtenHash === hash) return;

  let checkId = posting.remoteId;
  if (checkId === null && posting.attemptedAt !== null) {
    checkId = await world.github.findCheck(request.repo, request.headSha, check.externalId);
  }
  if (checkId === null) {
    await world.records.postings.attempt(key, world.clock.now());
    checkId = await world.github.createCheck(request.repo, check);
  } else {
    await world.github.updateCheck(request.repo, checkId, check);
  }
  await world.records.postings.written(key, checkId, hash, world.clock.now());
}
