import { buffer } from 'node:stream/consumers';
import type { Build } from '../domain/build.ts';
import type { Command } from '../domain/command.ts';
import { lastLines } from '../domain/log-tail.ts';
import { selectBuilds } from '../domain/select-builds.ts';
import { newestOfEach } from '../domain/tries.ts';
import { type LogEnd, logEnds, noLogs } from '../messages/log-reply.ts';
import { notUnderstood } from '../messages/mistakes.ts';
import type { PullRequest } from '../ports.ts';
import type { World } from './world.ts';

/** Logs shown in one reply, and lines of each. */
const MOST_LOGS = 6;
const LINES = 50;
/** Read from the end of a log: lines are long, and a private key that begins before the last lines must be seen. */
const WINDOW_BYTES = 128 * 1024;

/** `bot: log`: the ends of the newest logs of a pull request; with `job:` of any. What failed comes first. @returns what to say */
export async function logOnCommand(world: World, pull: PullRequest, command: Command): Promise<string> {
  const requests = await world.records.requests.ofPullRequest(pull.repo, pull.number);
  const all = (await Promise.all(requests.map(({ id }) => world.records.builds.ofRequest(id)))).flat();
  if (all.length === 0) return noLogs();
  const named = command.filters.job.length > 0;
  const selection = selectBuilds(command, named ? all : newestOfEach(all));
  if (selection.kind === 'mistakes')
    return notUnderstood(selection.mistakes, world.catalogue, 'No log is shown.');
  const failedFirst = selection.builds.toSorted((a, b) => rank(a) - rank(b));
  const shown = failedFirst.slice(0, MOST_LOGS);
  const link = await world.logLinks(pull.repo);
  const ends = await Promise.all(shown.map((build) => endOf(world, build, link)));
  return logEnds(ends, selection.builds.length - shown.length);
}

function rank({ state }: Build): number {
  return state.kind === 'failed' ? 0 : 1;
}

async function endOf({ logs }: World, build: Build, link: (buildId: number) => string): Promise<LogEnd> {
  const from = Math.max(0, (await logs.size(build.id)) - WINDOW_BYTES);
  const bytes = await buffer(await logs.read(build.id, from));
  const lines = bytes.length === 0 ? [] : lastLines(bytes.toString('utf8'), LINES, from === 0);
  return { build, lines, url: link(build.id) };
}
