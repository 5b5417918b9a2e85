import { type Command, printCommand } from '../domain/command.ts';
import { rightFor } from '../domain/command-rights.ts';
import type { ClosedEvent } from '../domain/events.ts';
import { parseComment } from '../domain/parse-command.ts';
import { whoMay } from '../domain/permission.ts';
import { AFTER_TIMEOUT_MS, circle, prospect, type Wait } from '../domain/wait.ts';
import * as say from '../messages/waits.ts';
import type { PullRequest } from '../ports.ts';
import { askPermission } from './ask-permission.ts';
import { reply } from './post.ts';
import { requestBuild } from './request-build.ts';
import { requestDeploy } from './request-deploy.ts';
import { waitingOn, wakeWaiting } from './wake-waiting.ts';
import type { ServedRepository, World } from './world.ts';

/** `… after #123`: a row that waits, unless what it waits for will never come. @returns what to say */
export async function waitOnCommand(
  world: World,
  { pull, by, source }: { pull: PullRequest; by: string; source: string },
  command: Command,
  after: number,
): Promise<string> {
  const { repo, number, headSha } = pull;
  const waiting = (await world.records.waits.waiting()).filter((wait) => wait.repo === repo);
  const way = circle(waiting, number, after);
  if (way !== null) return say.circular(way);
  const bare = printCommand({ ...command, filters: { ...command.filters, after: null } });
  const stands = await standing(world, repo, after);
  if (stands.kind === 'never') return say.neverComes({ after, command: bare }, stands.why);
  await world.records.waits.begin({
    ...{ repo, pullRequest: number, after, headSha, by },
    command: bare,
    source: `${source}:${command.line}`,
    askedAt: world.clock.now(),
  });
  await wakeWaiting(world, repo, after);
  return say.waitsFor(after, headSha);
}

/** How a pull request stands that something waits for. */
async function standing(world: World, repo: string, after: number) {
  return prospect(
    await world.github.pullRequest(repo, after),
    await world.records.deploys.ofPullRequest(repo, after),
  );
}

/** What waits on a pull request, in a line each for `bot: status`. */
export async function waitLines(world: World, { repo, number }: PullRequest): Promise<string[]> {
  const lines: string[] = [];
  for (const wait of await waitingOn(world, repo, number))
    lines.push(say.waitLine(wait, await standing(world, repo, wait.after)));
  return lines;
}

/** A pull request was closed: what waits on it ends, in words. */
export async function endOnClose(world: World, { repo, number, merged }: ClosedEvent): Promise<void> {
  for (const wait of await waitingOn(world, repo, number))
    await end(world, wait, 'cancelled', say.overtaken(wait, merged ? 'merged' : 'closed'));
}

/** The reply first: it has a key, and what still waits is looked at again. */
async function end(world: World, wait: Wait, state: 'cancelled' | 'refused', body: string): Promise<void> {
  await reply(world, { key: `wait:${wait.id}`, repo: wait.repo, number: wait.pullRequest, body });
  await world.records.waits.end(wait.id, state);
}

/** The step behind the queue: carries a command out once what it waits for is merged and published; safe to repeat. */
export async function runWait(world: World, waitId: number): Promise<void> {
  const result = await world.records.locked(`wait:${waitId}`, async () => {
    const wait = await world.records.waits.get(waitId);
    if (wait?.state !== 'waiting') return;
    const served = world.served.get(wait.repo);
    if (served) await look(world, served, wait);
  });
  if (result === 'busy') await world.queue.add({ kind: 'wait', waitId }, { delayMs: 500 });
}

async function look(world: World, served: ServedRepository, wait: Wait): Promise<void> {
  const { repo, pullRequest: number, after } = wait;
  // The row first: it is looked at each minute, and GitHub need not be asked as often.
  const newest = await world.records.heads.newest(repo, number);
  if (newest !== null && newest !== wait.headSha) {
    const trouble = ownTrouble(await world.github.pullRequest(repo, number), wait);
    if (trouble !== null) return end(world, wait, 'refused', trouble);
  }
  if (world.clock.now() > wait.askedAt + AFTER_TIMEOUT_MS)
    return end(world, wait, 'refused', say.waitedTooLong(wait));
  const stands = await standing(world, repo, after);
  if (stands.kind === 'never') return end(world, wait, 'refused', say.noLongerComes(wait, stands.why));
  if (stands.kind === 'waits') {
    if (stands.setBack === null) return;
    const { deployId, why } = stands.setBack;
    // One that came to nothing before the command was written is no news.
    const deploy = await world.records.deploys.get(deployId);
    if (deploy === null || !('at' in deploy.state) || deploy.state.at < wait.askedAt) return;
    const body = say.waitsOn(wait, why);
    return reply(world, { key: `wait:${wait.id}:deploy:${deployId}:${why}`, repo, number, body });
  }
  const pull = await world.github.pullRequest(repo, number);
  const trouble = ownTrouble(pull, wait);
  if (pull === null || trouble !== null)
    return end(world, wait, 'refused', trouble ?? say.overtaken(wait, 'gone'));
  const why = await carryOut(world, served, wait, pull);
  if (why !== null) return end(world, wait, 'refused', say.notAnyMore(wait, why));
  await world.records.waits.end(wait.id, 'started');
}

/** Why the command no longer fits the pull request it was written on, in words; or null. */
function ownTrouble(pull: PullRequest | null, wait: Wait): string | null {
  if (pull === null) return say.overtaken(wait, 'gone');
  if (pull.state === 'closed') return say.overtaken(wait, pull.merged ? 'merged' : 'closed');
  return pull.headSha === wait.headSha ? null : say.overtaken(wait, pull);
}

/** @returns why nothing came of it, without its full stop, or null */
async function carryOut(
  world: World,
  served: ServedRepository,
  wait: Wait,
  pull: PullRequest,
): Promise<string | null> {
  const { commands } = parseComment(wait.command);
  const [command] = commands;
  const action = command === undefined ? null : rightFor(command);
  if (command === undefined || action === null) return 'it is no command any more';
  const account = { login: wait.by, isBot: false };
  const answer = await askPermission(world, served, action, wait.repo, account);
  if (answer.kind !== 'allowed') return `that is for ${whoMay(served.permissions.rules[action])} now`;
  const ask = { pull, by: wait.by, source: wait.source };
  const said: string[] = [];
  if (command.name === 'build') {
    const built = await requestBuild(world, served, { ...ask, commands, keepGoing: false });
    if (built.kind === 'refused' || built.kind === 'mistaken') said.push(built.sentence);
    if (built.kind === 'started' && built.there !== null) said.push(built.there);
  } else {
    const how = { rebuild: command.topic === 'rebuild', despiteTests: command.reason };
    said.push(...(await requestDeploy(world, served, { ...ask, ...how })));
  }
  if (said.length > 0)
    await reply(world, {
      key: `wait:${wait.id}:said`,
      repo: wait.repo,
      number: wait.pullRequest,
      body: said.join('\n\n'),
    });
  return null;
}
