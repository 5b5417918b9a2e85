import { type Build, isFinal } from '../domain/build.ts';
import { readCheckId } from '../domain/check-id.ts';
import type { ButtonEvent } from '../domain/events.ts';
import { isBotAccount, isDenied } from '../domain/permission.ts';
import { newestOfEach, newestTryOf } from '../domain/tries.ts';
import * as say from '../messages/replies.ts';
import { askPermission, refuseTargets } from './ask-permission.ts';
import { buildsOfHead } from './builds-of-head.ts';
import { cancelBuilds } from './cancel-builds.ts';
import { reply } from './post.ts';
import { refusePerson } from './refuse-person.ts';
import { repeat } from './repeat-build.ts';
import type { ServedRepository, World } from './world.ts';

/** The builds a button is about, of one pull request. */
interface Meant {
  number: number;
  builds: Build[];
}

/**
 * Somebody pressed a button of a check. What comes of it is seen in the checks and the status comment; only a refusal is
 * said, as a comment: GitHub shows whoever pressed nothing else.
 * @param guid of the delivery: pressed once, done once
 * @returns what was done, in a few words for the record
 */
export async function pressButton(world: World, event: ButtonEvent, guid: string): Promise<string> {
  const served = world.served.get(event.repo);
  if (!served) return 'repository is not served';
  if (isBotAccount(event.by)) return 'pressed by a bot';
  if (isDenied(served.permissions, event.by.login)) return 'who pressed is denied';
  const meant = await meantBy(world, event);
  const outcomes: string[] = [];
  for (const one of meant) outcomes.push(await press(world, served, event, guid, one));
  return outcomes.join(', ') || 'no check of this instance';
}

async function meantBy(world: World, event: ButtonEvent): Promise<Meant[]> {
  const { repo, headSha, externalId } = event;
  const ofHead = async (number: number): Promise<Meant> => ({
    number,
    builds: newestOfEach(await buildsOfHead(world, repo, number, headSha)),
  });
  if (externalId === null)
    return Promise.all((await world.records.requests.pullRequestsOf(repo, headSha)).map(ofHead));
  const subject = readCheckId(world.catalogue.instance, externalId);
  if (subject === null) return [];
  if (subject.kind === 'summary') {
    const all = await ofHead(subject.pullRequest);
    return all.builds.length === 0 ? [] : [all];
  }
  const build = await world.records.builds.get(subject.buildId);
  const request = build && (await world.records.requests.get(build.requestId));
  if (!request || request.repo !== repo || request.headSha !== headSha) return [];
  const tries = await world.records.builds.ofRequest(request.id);
  return [{ number: request.pullRequest, builds: newestTryOf(tries, subject.buildId) }];
}

async function press(
  world: World,
  served: ServedRepository,
  { button, repo, headSha, by }: ButtonEvent,
  guid: string,
  { number, builds }: Meant,
): Promise<string> {
  const action = button === 'retry' ? 'build' : 'cancel';
  const [pull, permission] = await Promise.all([
    world.github.pullRequest(repo, number),
    askPermission(world, served, action, repo, by),
  ]);
  if (permission.kind !== 'allowed') {
    await refusePerson(world, served, { repo, number, by: by.login, action, command: `bot: ${button}` });
    return 'no right';
  }
  const targets = builds.map(({ repository }) => repository);
  const refused = await refuseTargets(world, served, action, { repo, by: by.login }, targets);
  if (refused !== null) {
    await reply(world, { key: `reply:button:${guid}:${number}`, repo, number, body: refused });
    return 'no right for a target';
  }
  if (button === 'cancel') {
    const ended = await cancelBuilds(world, builds, by.login);
    return `cancelled ${ended.length} builds`;
  }
  const refuse = async (body: string, outcome: string) => {
    await reply(world, { key: `reply:button:${guid}:${number}`, repo, number, body });
    return outcome;
  };
  if (pull === null || pull.state === 'closed')
    return refuse(say.closedPullRequest(pull?.merged ?? false), 'closed');
  if (pull.headSha !== headSha) return refuse(say.oldCheck(by.login, headSha, pull.headSha), 'older commit');
  const ended = builds.filter(({ state }) => state.kind === 'failed' || state.kind === 'cancelled');
  if (ended.length === 0) {
    // Under way: pressed twice, or this delivery comes again after the process died.
    if (!builds.every((build) => isFinal(build.state))) return 'already under way';
    return refuse(say.nothingToRetry('what this check is about has not failed'), 'nothing failed');
  }
  for (const build of ended) await repeat(world, build, 0);
  return `repeated ${ended.length} builds`;
}
