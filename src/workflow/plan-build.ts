import { type Command, printCommand } from '../domain/command.ts';
import { forAllTargets, planBuild } from '../domain/plan.ts';
import { besideTheStacks, touchedTargets } from '../domain/pull-changes.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import { type PlannedRow, plan as planMessage } from '../messages/plan.ts';
import type { NewBuild, PullRequest } from '../ports.ts';
import { readPullChanges } from './read-changes.ts';
import { usualTime } from './usual-times.ts';
import type { ServedRepository, World } from './world.ts';

/** `bot: plan`: what the same words after `bot: build` would do. Starts nothing, and asks no node. */
export async function planOnCommand(
  world: World,
  served: ServedRepository,
  pull: PullRequest,
  commands: readonly Command[],
  keepGoing: boolean,
): Promise<string> {
  const { catalogue } = world;
  const understood = await readPullChanges(world, served, pull);
  const stacks = understood?.stacks ?? [];
  const asked = commands.map(forAllTargets);
  const plan = planBuild(asked, catalogue, touchedTargets(stacks, catalogue), keepGoing);
  if (plan.kind === 'not-meant') return '';
  if (plan.kind === 'mistakes') return notUnderstood(plan.mistakes, catalogue, 'Nothing can be planned.');
  const forced = commands.some(({ flags }) => flags.includes('--force'));
  const message = planMessage({
    headSha: pull.headSha,
    baseRef: pull.baseRef,
    commands: asked.map((command) => printCommand({ ...command, name: 'build' })),
    rows: await Promise.all(plan.builds.map((build) => estimated(world, build))),
    repositories: new Map(catalogue.repositories.map((repository) => [repository.id, repository])),
    understood,
    beside: forced ? [] : besideTheStacks(plan.builds, stacks, catalogue),
  });
  if (plan.left.length === 0) return message;
  return `${message}\n\n${notUnderstood(plan.left, catalogue, 'This would be left out.')}`;
}

async function estimated(world: World, build: NewBuild): Promise<PlannedRow> {
  const { target, repository, pools } = build;
  return { target, repository, pools, usuallyMs: await usualTime(world, build) };
}
