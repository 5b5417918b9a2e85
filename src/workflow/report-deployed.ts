import type { Deploy } from '../domain/deploy.ts';
import type { MirrorWatch } from '../domain/publication.ts';
import { deployedCheck } from '../messages/deployed-check.ts';
import type { World } from './world.ts';
import { writeCheck } from './write-check.ts';

/** Brings the check `deployed` on the commit a deploy was built from up to where its revision is. */
export async function reportDeployed(
  world: World,
  deploy: Deploy,
  watches: readonly MirrorWatch[],
): Promise<void> {
  const { instance } = world.catalogue;
  const text = deployedCheck(instance, deploy, watches);
  if (text === null) return;
  await writeCheck(world, `check:deploy:${deploy.id}`, deploy.repo, {
    ...text,
    externalId: `stratobot:${instance}:deploy:${deploy.id}`,
    headSha: deploy.headSha,
    detailsUrl: null,
    annotations: [],
    actions: [],
  });
}
