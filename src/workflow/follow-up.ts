import type { Deploy } from '../domain/deploy.ts';
import * as say from '../messages/deploy-replies.ts';
import { reply } from './post.ts';
import type { World } from './world.ts';

/** Puts the configured label on the pull request of a published deploy. */
export async function labelDeployed(world: World, { id, repo, pullRequest }: Deploy): Promise<void> {
  const label = world.served.get(repo)?.deployedLabel ?? null;
  if (label === null) return;
  const key = `label:deploy:${id}`;
  const posting = await world.records.postings.ensure({ key, repo, number: pullRequest, body: null });
  if (posting.attemptedAt !== null) return;
  await world.github.addLabel(repo, pullRequest, label);
  // Afterwards: a label that is set twice is one, and one that somebody takes off stays off.
  await world.records.postings.attempt(key, world.clock.now());
}

/**
 * Runs the configured checks again; a re-run that was begun and not confirmed is not asked for twice. One that GitHub has
 * no such job for, or does not run again, is said.
 */
export async function rerunChecks(
  world: World,
  { id, repo, pullRequest: number, headSha }: Deploy,
): Promise<void> {
  for (const name of world.served.get(repo)?.rerunChecks ?? []) {
    const key = `rerun:${id}:${name}`;
    const posting = await world.records.postings.ensure({ key, repo, number: null, body: null });
    if (posting.attemptedAt !== null) continue;
    await world.records.postings.attempt(key, world.clock.now());
    const result = await world.github.rerunJob(repo, headSha, name);
    world.log.info({ deploy: id, repo, headSha, name, result }, 'a check is to run again');
    if (result === 'none') {
      const body = say.notRunAgain(name, headSha);
      await reply(world, { key: `${key}:none`, repo, number, body });
    }
  }
}

/** Takes the label off again, once, when the deploy was taken back. */
export async function labelTakenBack(world: World, { id, repo, pullRequest }: Deploy): Promise<void> {
  const label = world.served.get(repo)?.deployedLabel ?? null;
  if (label === null) return;
  const key = `label:deploy:${id}:off`;
  const posting = await world.records.postings.ensure({ key, repo, number: pullRequest, body: null });
  if (posting.attemptedAt !== null) return;
  await world.github.removeLabel(repo, pullRequest, label);
  await world.records.postings.attempt(key, world.clock.now());
}
