import type { Build } from '../domain/build.ts';
import type { Command } from '../domain/command.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import * as say from '../messages/replies.ts';
import { calledOff } from '../messages/waits.ts';
import { refuseTargets } from './ask-permission.ts';
import { move } from './run-build.ts';
import type { ServedRepository, World } from './world.ts';

function isUnderWay({ state }: Build): boolean {
  return state.kind === 'queued' || state.kind === 'starting' || state.kind === 'running';
}

/** Builds of a pull request, the newest request's first. */
async function buildsOf(world: World, repo: string, number: number): Promise<Build[]> {
  const requests = await world.records.requests.ofPullRequest(repo, number);
  return (await Promise.all(requests.map((request) => world.records.builds.ofRequest(request.id)))).flat();
}

/**
 * Asks for the end of those builds that wait or run; their jobs are stopped behind the queue.
 * @param source the command that asked for it, see BuildState
 * @returns these
 */
export async function cancelBuilds(
  world: World,
  builds: readonly Build[],
  by: string,
  source?: string,
): Promise<Build[]> {
  const asked = { kind: 'cancel-asked' as const, by, ...(source === undefined ? {} : { source }) };
  const cancelled: Build[] = [];
  for (const build of builds.filter(isUnderWay)) {
    const moved = await move(world, build, asked);
    if (moved === null) continue;
    cancelled.push(moved);
    await world.queue.add({ kind: 'build', buildId: build.id });
  }
  return cancelled;
}

/**
 * `bot: cancel`, with or without filters. Asked again by the same command, it counts in what that cancelled the first time.
 * @returns what to say
 */
export async function cancelOnCommand(
  world: World,
  served: ServedRepository,
  { repo, number, by, source }: { repo: string; number: number; by: string; source: string },
  command: Command,
): Promise<string> {
  const asked = `${source}:${command.line}`;
  const { arch, accel, repo: named, job } = command.filters;
  const whole = [arch, accel, named, job].every((words) => words.length === 0);
  const off = whole ? await world.records.waits.callOff(repo, number, asked) : [];
  const builds = (await buildsOf(world, repo, number)).filter(
    (build) => isUnderWay(build) || isCancelledBy(build, asked),
  );
  if (builds.length === 0) return off.length > 0 ? calledOff(off) : say.cancelled([]);
  const selection = selectBuilds(command, builds);
  if (selection.kind === 'mistakes')
    return notUnderstood(selection.mistakes, world.catalogue, 'Nothing was cancelled.');
  const targets = selection.builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, 'cancel', { repo, by }, targets);
  if (refused !== null) return refused;
  const before = selection.builds.filter((build) => isCancelledBy(build, asked));
  const ended = say.cancelled([...before, ...(await cancelBuilds(world, selection.builds, by, asked))]);
  return off.length > 0 ? `${calledOff(off)}\n\n${ended}` : ended;
}

function isCancelledBy({ state }: Build, source: string): boolean {
  return (state.kind === 'cancelling' || state.kind === 'cancelled') && state.source === source;
}

/** A closed pull request: nobody waits for its builds. @returns how many were asked to end */
export async function cancelOnClose(world: World, repo: string, number: number, by: string): Promise<number> {
  return (await cancelBuilds(world, await buildsOf(world, repo, number), by)).length;
}
