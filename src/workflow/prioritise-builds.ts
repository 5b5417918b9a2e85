import type { Command } from '../domain/command.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import * as say from '../messages/replies.ts';
import { refuseTargets } from './ask-permission.ts';
import type { ServedRepository, World } from './world.ts';

/** `bot: priority`, with or without filters: marks builds of the pull request that wait. @returns what to say */
export async function prioritiseOnCommand(
  world: World,
  served: ServedRepository,
  { repo, number, by }: { repo: string; number: number; by: string },
  command: Command,
): Promise<string> {
  const requests = await world.records.requests.ofPullRequest(repo, number);
  const builds = await Promise.all(requests.map((request) => world.records.builds.ofRequest(request.id)));
  const waiting = builds.flat().filter((build) => build.state.kind === 'queued');
  if (waiting.length === 0) return say.prioritised([]);
  const selection = selectBuilds(command, waiting);
  if (selection.kind === 'mistakes')
    return notUnderstood(selection.mistakes, world.catalogue, 'None was given priority.');
  const targets = selection.builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, 'priority', { repo, by }, targets);
  if (refused !== null) return refused;
  const marks = await Promise.all(
    selection.builds.map((build) => world.records.builds.prioritise(build.id, by)),
  );
  const marked = marks.filter((build) => build !== null);
  world.log.info({ repo, number, by, builds: marked.map(({ id }) => id) }, 'builds given priority');
  for (const requestId of new Set(marked.map((build) => build.requestId)))
    await world.queue.add({ kind: 'status', requestId });
  return say.prioritised(marked);
}
