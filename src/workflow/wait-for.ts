import { type Command, printCommand } from '../domain/command.ts';
import { rightFor } from '../domain/command-rights.ts';
import { parseComment } from '../domain/parse-command.ts';
import { whoMay } from '../domain/permission.ts';
import { circle, type Wait } from '../domain/wait.ts';
import * as say from '../messages/waits.ts';
import type { PullRequest } from '../ports.ts';
import { askPermission } from './ask-permission.ts';
import { reply } from './post.ts';
import { requestBuild } from './request-build.ts';
import { requestDeploy } from './request-deploy.ts';
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
  const target = await world.github.pullRequest(repo, after);
  if (target === null) return say.neverComes(after, 'unknown');
  if (target.state === 'closed' && !target.merged) return say.neverComes(after, 'closed');
  const bare = printCommand({ ...command, filters: { ...command.filters, after: null } });
  await world.records.waits.begin({
    ...{ repo, pullRequest: number, after, headSha, by },
    command: bare,
    source: `${source}:${command.line}`,
    askedAt: world.clock.now(),
  });
  await wakeWaiting(world, repo, after);
  return say.waitsFor(after, headSha);
}

/** Looks again at what waits for a pull request. */
export async function wakeWaiting(world: World, repo: string, after: number): Promise<void> {
  for (const wait of await world.records.waits.waiting())
    if (wait.repo === repo && wait.after === after) await world.queue.add({ kind: 'wait', waitId: wait.id });
}

/** Ends what waits on a pull request. @returns what was ended */
export async function callOff(world: World, repo: string, number: number): Promise<Wait[]> {
  const ended: Wait[] = [];
  for (const wait of await world.records.waits.waiting()) {
    if (wait.repo !== repo || wait.pullRequest !== number) continue;
    if (await world.records.waits.end(wait.id, 'cancelled')) ended.push(wait);
  }
  return ended;
}

/** The step behind the queue: carries a command out once what it waits for is merged and published; safe to repeat. */
export async function runWait(world: World, waitId: number): Promise<void> {
  const result = await world.records.locked(`wait:${waitId}`, async () => {
    const wait = await world.records.waits.get(waitId);
    if (wait?.state !== 'waiting') return;
    const served = world.served.get(wait.repo);
    if (!served) return;
    const end = async (state: 'cancelled' | 'refused', body: string) => {
      // The reply first: it has a key, and what waits is looked at again.
      const { repo, pullRequest: number } = wait;
      await reply(world, { key: `wait:${wait.id}`, repo, number, body });
      await world.records.waits.end(wait.id, state);
    };
    const deploys = await world.records.deploys.ofPullRequest(wait.repo, wait.after);
    const published = deploys.some(({ state }) => state.kind === 'published');
    const target = await world.github.pullRequest(wait.repo, wait.after);
    if (target === null) return end('refused', say.neverComes(wait.after, 'unknown'));
    if (target.state === 'closed' && !target.merged)
      return end('refused', say.neverComes(wait.after, 'closed'));
    if (!target.merged || !published) return;
    const why = await carryOut(world, served, wait);
    if (why !== null) return end('refused', say.notAnyMore(wait, why));
    await world.records.waits.end(wait.id, 'started');
  });
  if (result === 'busy') await world.queue.add({ kind: 'wait', waitId }, { delayMs: 500 });
}

/** @returns why nothing came of it, without its full stop, or null */
async function carryOut(world: World, served: ServedRepository, wait: Wait): Promise<string | null> {
  const pull = await world.github.pullRequest(wait.repo, wait.pullRequest);
  if (pull === null || pull.state === 'closed') return 'this pull request is closed';
  if (pull.headSha !== wait.headSha)
    return `the branch moved to \`${pull.headSha.slice(0, 7)}\` since it was written; look at the new commit and ask again`;
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
