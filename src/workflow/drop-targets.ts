import type { Command } from '../domain/command.ts';
import { type Deploy, deployManifest } from '../domain/deploy.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import * as say from '../messages/deploy-replies.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import { refuseTargets } from './ask-permission.ts';
import { auditDeploy } from './audit-deploy.ts';
import { sha256 } from './post.ts';
import type { ServedRepository, World } from './world.ts';

/** Whose word it is, and the comment it came with: `comment:<id>`. */
interface DropAsk {
  repo: string;
  number: number;
  by: string;
  source: string;
}

/**
 * `bot: drop arch=…`: the deploys that wait for approval without some of their targets. What is left is a deploy of its own, with a
 * digest and a deploy PR of its own, which takes the place of the one there was: so no approval of more can count for it.
 * @returns what to say
 */
export async function dropOnCommand(
  world: World,
  served: ServedRepository,
  ask: DropAsk,
  command: Command,
): Promise<string> {
  const deploys = await world.records.deploys.ofPullRequest(ask.repo, ask.number);
  const made = deploys.filter(({ source }) => source === ask.source);
  if (made.length > 0) return await follow(world, made);
  const waiting = deploys.filter(({ state }) => state.kind === 'open' || state.kind === 'preparing');
  if (waiting.length === 0) return say.nothingToDrop();
  const { arch, accel, repo, job } = command.filters;
  if ([arch, accel, repo, job].every((words) => words.length === 0)) return say.dropWhat();

  const buildOf = new Map<number, number>();
  const artifactIds = waiting.flatMap((deploy) => deploy.artifacts.map((item) => item.artifactId));
  for (const { id, buildId } of await world.records.artifacts.get(artifactIds)) buildOf.set(id, buildId);
  const builds = await Promise.all([...new Set(buildOf.values())].map((id) => world.records.builds.get(id)));
  const selection = selectBuilds(
    command,
    builds.filter((build) => build !== null),
  );
  if (selection.kind === 'mistakes')
    return notUnderstood(selection.mistakes, world.catalogue, 'Nothing was dropped.');

  const targets = selection.builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, 'deploy', ask, targets);
  if (refused !== null) return refused;
  const dropped = new Set(selection.builds.map(({ id }) => id));
  const left = waiting.map((deploy) => ({
    deploy,
    items: deploy.artifacts.filter(({ artifactId }) => !dropped.has(buildOf.get(artifactId) ?? 0)),
  }));
  const touched = left.filter(({ deploy, items }) => items.length < deploy.artifacts.length);
  if (touched.length === 0) return say.nothingToDrop();
  if (touched.some(({ items }) => items.length === 0)) return say.nothingLeft();
  const smaller: Deploy[] = [];
  for (const { deploy: before, items } of touched) {
    const { id: _, state: __, differences: ___, ...rest } = before;
    const manifest = deployManifest(before, items);
    const { deploy, created } = await world.records.deploys.create({
      ...rest,
      artifacts: items,
      digest: sha256(manifest),
      requestedBy: ask.by,
      earlierAskers: [...new Set([...before.earlierAskers, before.requestedBy])],
      source: ask.source,
      createdAt: world.clock.now(),
    });
    smaller.push(deploy);
    if (!created) continue;
    const targets = before.artifacts.filter((item) => !items.includes(item)).map(({ target }) => target);
    await auditDeploy(world, before, ask.by, 'targets-dropped', {
      source: ask.source,
      targets,
      by: deploy.id,
    });
    await auditDeploy(world, deploy, ask.by, 'deploy-requested', {
      source: ask.source,
      manifest,
      despiteTests: deploy.despiteTests,
    });
  }
  return await follow(world, smaller);
}

/** The deploy PRs are made behind the queue, and say for themselves where they are. */
async function follow(world: World, deploys: readonly Deploy[]): Promise<string> {
  for (const { id } of deploys) await world.queue.add({ kind: 'deploy', deployId: id });
  return say.dropped(deploys);
}
