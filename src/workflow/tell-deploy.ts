import type { Deploy } from '../domain/deploy.ts';
import { reply } from './post.ts';
import type { World } from './world.ts';

/** A sentence about a deploy on the software pull request, and the status comments brought up to date. */
export async function tell(world: World, deploy: Deploy, moment: string, body: string): Promise<void> {
  await reply(world, {
    key: `deploy:${deploy.id}:${moment}`,
    repo: deploy.repo,
    number: deploy.pullRequest,
    body,
  });
  await refreshStatus(world, deploy);
}

/** Status comments of the requests whose artifacts a deploy holds. */
export async function refreshStatus(world: World, deploy: Deploy): Promise<void> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const requests = new Set<number>();
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    if (build) requests.add(build.requestId);
  }
  for (const requestId of requests) await world.queue.add({ kind: 'status', requestId });
}

/** A sentence on the deploy PR itself. */
export async function answerOnDeploy(
  world: World,
  deploy: Deploy,
  moment: string,
  number: number,
  body: string,
): Promise<void> {
  await reply(world, { key: `deploy-pr:${deploy.id}:${moment}`, repo: deploy.staging, number, body });
}
