import { rightFor, rightOfName } from '../domain/command-rights.ts';
import type { CommentEvent } from '../domain/events.ts';
import { type Meant, meantFor, parseComment } from '../domain/parse-command.ts';
import { isBotAccount, isDenied } from '../domain/permission.ts';
import { isAddressed, ownCommands } from '../domain/speaking.ts';
import { help } from '../messages/help.ts';
import { almostCommands, leftOut, notUnderstood } from '../messages/mistakes.ts';
import * as say from '../messages/replies.ts';
import type { PullRequest } from '../ports.ts';
import { askPermission } from './ask-permission.ts';
import { cancelOnCommand } from './cancel-builds.ts';
import { dropOnCommand } from './drop-targets.ts';
import { logOnCommand } from './log-of.ts';
import { isTooOld, pinHead } from './pin-head.ts';
import { planOnCommand } from './plan-build.ts';
import { reply } from './post.ts';
import { prioritiseOnCommand } from './prioritise-builds.ts';
import { refusePerson } from './refuse-person.ts';
import { retryOnCommand } from './repeat-build.ts';
import { requestBuild, tooManyBuilds } from './request-build.ts';
import { requestDeploy } from './request-deploy.ts';
import { confirmRollback, requestRollback } from './request-rollback.ts';
import { showConfigNow } from './show-config.ts';
import { statusOf } from './status-of.ts';
import { waitOnCommand } from './wait-for.ts';
import type { ServedRepository, World } from './world.ts';

/**
 * A comment: nothing for this instance, mistakes to be shown, or commands to be carried out. Nothing is started when any line
 * of it is wrong. What is to be said is said in one reply; builds speak through their status comment.
 * @param arrivedAt when its webhook arrived, unix ms
 * @returns what was done, in a few words for the record
 */
export async function handleComment(world: World, event: CommentEvent, arrivedAt: number): Promise<string> {
  const served = world.served.get(event.repo);
  if (!served) return 'repository is not served';
  if (isBotAccount(event.author)) return 'written by a bot';
  if (isDenied(served.permissions, event.author.login)) return 'author is denied';
  const meant = meantFor(parseComment(event.body, world.catalogue.limits), world.catalogue);
  if (meant.almost.length > 0 && event.isPullRequest && served.speaker) await hint(world, event, meant);
  if (meant.commands.length === 0 && meant.mistakes.length === 0) return 'no command for this instance';

  const answer = await answers(world, served, event, arrivedAt, meant);
  if (answer.length === 0) return 'carried out';
  await reply(world, {
    key: `reply:comment:${event.commentId}`,
    repo: event.repo,
    number: event.number,
    body: answer.join('\n\n'),
  });
  return 'answered';
}

/** Said once to a person on a pull request: whoever writes so again may well mean it as prose. */
async function hint(world: World, { repo, number, author }: CommentEvent, { almost }: Meant): Promise<void> {
  const key = `hint:${repo}#${number}:${author.login.toLowerCase()}`;
  await reply(world, { key, repo, number, body: almostCommands(author.login, almost) });
}

async function answers(
  world: World,
  served: ServedRepository,
  event: CommentEvent,
  arrivedAt: number,
  meant: Meant,
): Promise<string[]> {
  const { commands, mistakes, keepGoing } = meant;
  // One answer is enough: of several instances only those that are named, or the speaker, say what is wrong.
  const speaks = served.speaker || isAddressed(meant);
  const refuse = (sentence: string) => (speaks ? [sentence] : []);
  if (!event.isPullRequest) return refuse(say.notAPullRequest());
  if (mistakes.length > 0 && !(keepGoing && commands.length > 0))
    return speaks ? answerMistakes(world, served, event, meant) : [];

  const needed = [...new Set(commands.flatMap((command) => rightFor(command) ?? []))];
  const [pull, ...granted] = await Promise.all([
    world.github.pullRequest(event.repo, event.number),
    ...needed.map((action) => askPermission(world, served, action, event.repo, event.author)),
  ]);
  const denied = needed.find((_, index) => granted[index]?.kind !== 'allowed');
  if (denied) {
    const command = commands.find((candidate) => rightFor(candidate) === denied)?.source.trim() ?? '';
    const { repo, number, author } = event;
    if (speaks)
      await refusePerson(world, served, { repo, number, by: author.login, action: denied, command });
    return [];
  }
  if (pull === null) return refuse(say.unreadablePullRequest());
  // What is published stays when its pull request is merged, and so does the way back.
  const forOpen = commands.some((command) => rightFor(command) && command.name !== 'rollback');
  if (forOpen && pull.state === 'closed') return refuse(say.closedPullRequest(pull.merged));
  if (needed.length > 0 && isTooOld(world, event.writtenAt)) return refuse(say.tooLate());
  if (commands.some(({ name }) => name === 'build' || name === 'retry' || name === 'deploy')) {
    const pinned = await pinHead(world, pull, event.writtenAt, arrivedAt);
    if (pinned.kind === 'refused') return refuse(pinned.sentence);
  }
  const requests = await world.records.requests.ofPullRequest(event.repo, event.number);
  const own = ownCommands(commands, world.catalogue, served, requests.length > 0);
  return carryOut(world, served, event, { ...meant, commands: own }, pull, speaks);
}

/**
 * Whoever mends the mistake should not learn only then that the command is not theirs to give: they are told both, and like
 * everybody without the right once an hour. What nobody can tell the meaning of counts as a build.
 */
async function answerMistakes(
  world: World,
  served: ServedRepository,
  { repo, number, author }: CommentEvent,
  { commands, mistakes }: Meant,
): Promise<string[]> {
  const mistaken = notUnderstood(mistakes, world.catalogue);
  const mistyped = mistakes.map(({ command }) => (command === null ? 'build' : rightOfName(command)));
  const needed = new Set([...commands.map(rightFor), ...mistyped].filter((action) => action !== null));
  for (const action of needed) {
    const answer = await askPermission(world, served, action, repo, author);
    if (answer.kind === 'allowed') continue;
    await refusePerson(world, served, { repo, number, by: author.login, action, mistaken });
    return [];
  }
  return [mistaken];
}

async function carryOut(
  world: World,
  served: ServedRepository,
  event: CommentEvent,
  { commands, mistakes, keepGoing }: Meant,
  pull: PullRequest,
  speaks: boolean,
): Promise<string[]> {
  const by = event.author.login;
  const source = `comment:${event.commentId}`;
  const said: string[] = [];
  const left = [...mistakes];
  // What waits is built later, but asked for by the same comment: all is counted before anything is begun.
  const all = commands.filter(({ name }) => name === 'build');
  if (all.length > 0 && commands.some(({ filters }) => filters.after !== null)) {
    const tooMany = await tooManyBuilds(world, served, { pull, commands: all, keepGoing });
    if (tooMany !== null) return [tooMany];
  }
  for (const command of commands) {
    const { after } = command.filters;
    if (after !== null) said.push(await waitOnCommand(world, { pull, by, source }, command, after));
  }
  const now = commands.filter(({ filters }) => filters.after === null);
  const builds = now.filter((command) => command.name === 'build');
  if (builds.length > 0) {
    const ask = { pull, by, source, commands: builds, keepGoing };
    const answer = await requestBuild(world, served, ask);
    if (answer.kind === 'mistaken') return speaks ? [answer.sentence] : [];
    if (answer.kind === 'refused') return [answer.sentence];
    if (answer.kind === 'started') {
      left.push(...answer.left);
      if (answer.there !== null) said.push(answer.there);
    }
  }
  const plans = commands.filter((command) => command.name === 'plan');
  if (plans.length > 0) said.push(await planOnCommand(world, served, pull, plans, keepGoing));
  for (const command of now) {
    if (command.name === 'help') said.push(help(world.catalogue, command.topic));
    if (command.name === 'show_config') said.push(await showConfigNow(world));
    if (command.name === 'ping') said.push(say.pong(world.catalogue.instance));
    if (command.name === 'status') said.push(await statusOf(world, pull, command.topic === 'all'));
    if (command.name === 'log') said.push(await logOnCommand(world, pull, command));
    if (command.name === 'retry') {
      said.push(await retryOnCommand(world, served, { ...pull, by, source }, command));
    }
    if (command.name === 'cancel')
      said.push(await cancelOnCommand(world, served, { ...pull, by, source }, command));
    if (command.name === 'priority')
      said.push(await prioritiseOnCommand(world, served, { ...pull, by }, command));
    if (command.name === 'deploy') {
      const ask = { rebuild: command.topic === 'rebuild', despiteTests: command.reason };
      said.push(...(await requestDeploy(world, served, { pull, by, source, ...ask })));
    }
    if (command.name === 'drop') {
      const { repo, number } = pull;
      said.push(await dropOnCommand(world, served, { repo, number, by, source }, command));
    }
    if (command.name === 'rollback') {
      const ask = { pull, by, source };
      if (command.filters.confirm.length === 0) said.push(...(await requestRollback(world, served, ask)));
      for (const { text } of command.filters.confirm)
        said.push(await confirmRollback(world, served, ask, text));
    }
  }
  if (left.length > 0 && speaks)
    said.push(
      leftOut(
        left.sort((a, b) => a.line - b.line),
        world.catalogue,
      ),
    );
  return said;
}
