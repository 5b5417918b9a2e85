import { checkId } from '../domain/check-id.ts';
import { buildCheck } from '../messages/check.ts';
import { repositoryTarget, type World } from './world.ts';
import { writeCheck } from './write-check.ts';

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
  await writeCheck(world, key, request.repo, {
    ...buildCheck(instance, build, repositoryTarget(world, build.repository)),
    externalId: checkId(instance, { kind: 'build', buildId }),
    headSha: request.headSha,
    detailsUrl: (await world.logLinks(request.repo))(buildId),
  });
}
