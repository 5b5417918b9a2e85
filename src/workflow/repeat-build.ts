import type { Build } from '../domain/build.ts';
import type { Command } from '../domain/command.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import { adviceFor, earlierTries, newestTries, nodesToAvoid } from '../domain/tries.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import * as say from '../messages/replies.ts';
import { refuseTargets } from './ask-permission.ts';
import type { ServedRepository, World } from './world.ts';

/** Repeats a build that failed for a reason that may be gone the next time; safe to ask again. */
export async function repeatIfAdvised(world: World, build: Build): Promise<void> {
  if (build.state.kind !== 'failed') return;
  const builds = await world.records.builds.ofRequest(build.requestId);
  // What was repeated goes its own way: the reconciler looks at it as at any other build.
  if (builds.some(({ retry }) => retry?.of === build.id)) return;
  const advice = adviceFor(builds, build);
  if (!advice?.retry) return;
  await repeat(world, build, world.clock.now() + advice.afterMs);
}

/**
 * Makes the next try of a build that ended, once, and sets it on its way.
 * @param source the command that asked for it, see Retry
 */
export async function repeat(world: World, build: Build, notBefore: number, source?: string): Promise<Build> {
  const avoid = nodesToAvoid(build);
  const why = source === undefined ? {} : { source };
  const again = await world.records.builds.repeat(build, { notBefore, avoid, ...why });
  world.log.info({ build: build.id, again: again.id, notBefore, avoid }, 'build is repeated');
  await world.queue.add({ kind: 'place' });
  await world.queue.add({ kind: 'status', requestId: again.requestId });
  await world.queue.add({ kind: 'check', buildId: again.id });
  return again;
}

/**
 * `bot: retry`: the failed and cancelled builds of the newest request, or those that its filters name. They are of the head, whose
 * easystacks were read when the request was made and are the same bytes now: nothing is read again. Asked again by the same
 * command, the answer is that of the first time: what it repeated says so.
 * @returns what to say
 */
export async function retryOnCommand(
  world: World,
  served: ServedRepository,
  pull: { repo: string; number: number; headSha: string; by: string; source: string },
  command: Command,
): Promise<string> {
  const [request] = await world.records.requests.ofPullRequest(pull.repo, pull.number);
  if (!request) return say.nothingToRetry('nothing was built here yet; `bot: build` comes first');
  if (request.headSha !== pull.headSha)
    return say.nothingToRetry(
      'the newest builds are of an older commit; `bot: build arch=…` builds this one',
    );
  const all = await world.records.builds.ofRequest(request.id);
  const asked = `${pull.source}:${command.line}`;
  const isRepeated = (build: Build) =>
    [build, ...earlierTries(all, build)].some(({ retry }) => retry?.source === asked);
  const meant = newestTries(all).filter(
    (build) => isRepeated(build) || build.state.kind === 'failed' || build.state.kind === 'cancelled',
  );
  if (meant.length === 0) return say.nothingToRetry('no build of the newest request has failed');
  const selection = selectBuilds(command, meant);
  if (selection.kind === 'mistakes') return notUnderstood(selection.mistakes, world.catalogue);
  const targets = selection.builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, 'build', pull, targets);
  if (refused !== null) return refused;
  for (const build of selection.builds) if (!isRepeated(build)) await repeat(world, build, 0, asked);
  return say.retried(selection.builds);
}
