import type { Build } from '../domain/build.ts';
import type { Command } from '../domain/command.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import * as say from '../messages/replies.ts';
import { refuseTargets } from './ask-permission.ts';
import { move } from './run-build.ts';
import type { ServedRepository, World } from './world.ts';

const UNDER_WAY: readonly Build['state']['kind'][] = ['queued', 'starting', 'running'];

/** Builds of a pull request that wait or run; the newest request's first. */
async function underWay(world: World, repo: string, number: number): Promise<Build[]> {
  const requests = await world.records.requests.ofPullRequest(repo, number);
  const builds = await Promise.all(requests.map((request) => world.records.builds.ofRequest(request.id)));
  return builds.flat().filter((build) => UNDER_WAY.includes(build.state.kind));
}

/** Asks for the end of those builds that wait or run; their jobs are stopped behind the queue. @returns these */
export async function cancelBuilds(world: World, builds: readonly Build[], by: string): Promise<Build[]> {
  const cancelled: Build[] = [];
  for (const build of builds.filter(({ state }) => UNDER_WAY.includes(state.kind))) {
    const moved = await move(world, build, { kind: 'cancel-asked', by });
    if (moved === null) continue;
    cancelled.push(moved);
    await world.queue.add({ kind: 'build', buildId: build.id });
  }
  return cancelled;
}

/** `bot: cancel`, with or without filters. @returns what to say */
export async function cancelOnCommand(
  world: World,
  served: ServedRepository,
  { repo, number, by }: { repo: string; number: number; by: string },
  command: Command,
): Promise<string> {
  const builds = await underWay(world, repo, number);
  if (builds.length === 0) return say.cancelled([]);
  const selection = selectBuilds(command, builds);
  if (selection.kind === 'mistakes')
    return notUnderstood(selection.mistakes, world.catalogue, 'Nothing was cancelled.');
  const targets = selection.builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, 'cancel', { repo, by }, targets);
  if (refused !== null) return refused;
  return say.cancelled(await cancelBuilds(world, selection.builds, by));
}

/** A closed pull request: nobody waits for its builds. @returns how many were asked to end */
export async function cancelOnClose(world: World, repo: string, number: number, by: string): Promise<number> {
  return (await cancelBuilds(world, await underWay(world, repo, number), by)).length;
}
