import type { Deploy } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { misfit } from '../domain/repository-policy.ts';
import { failDeploy } from './fail-deploy.ts';
import type { World } from './world.ts';

/**
 * Fetches and verifies the artifacts of a deploy that is to be put up, and notes with it what they would change in their
 * repository. The files do not stay: it may be days until they are approved.
 * @returns the deploy, or null when it ended here: the bytes are not what was collected, or do not fit what is there
 */
export async function compareDeploy(world: World, deploy: Deploy): Promise<Deploy | null> {
  const repository = deploy.artifacts[0]?.repository ?? '';
  const compared = deploy.differences === null ? await compare(world, deploy, repository) : deploy;
  const reason = compared?.differences ? misfit(repository, compared.differences) : null;
  if (compared === null || reason === null) return compared;
  await failDeploy(world, compared, reason);
  return null;
}

async function compare(world: World, deploy: Deploy, repository: string): Promise<Deploy | null> {
  const publisher = world.publishers.get(repository);
  if (!publisher) throw new Permanent(`no publisher is configured for ${repository}`);
  try {
    const spooled = await world.spool.fetch(deploy);
    if (spooled.kind === 'refused') {
      const sentences = spooled.violations.map((violation) => violation.sentence);
      await failDeploy(
        world,
        deploy,
        sentences[0] ?? 'the fetched bytes are not what was collected',
        sentences,
      );
      return null;
    }
    const { rebuild } = deploy;
    const differences = await publisher.compare({ repository, rebuild, files: spooled.files });
    await world.records.deploys.compared(deploy.id, differences);
    return { ...deploy, differences };
  } finally {
    await world.spool.clear(deploy.id);
  }
}
