import type { LabelEvent } from '../domain/events.ts';
import { parseComment } from '../domain/parse-command.ts';
import { isBotAccount } from '../domain/permission.ts';
import * as say from '../messages/replies.ts';
import { askPermission } from './ask-permission.ts';
import { isTooOld } from './pin-head.ts';
import { reply } from './post.ts';
import { refusePerson } from './refuse-person.ts';
import { requestBuild } from './request-build.ts';
import { requestDeploy } from './request-deploy.ts';
import type { World } from './world.ts';

/** What each label asks for; the command in words is what the answers speak of. */
const LABELS: Record<string, { action: 'build' | 'deploy'; command: string }> = {
  'bot:build': { action: 'build', command: 'bot: build arch=all repo=all' },
  'bot:deploy': { action: 'deploy', command: 'bot: deploy' },
};

/** Labels that people ask by. */
export const COMMAND_LABELS = Object.keys(LABELS);

/**
 * A label is a command that names the commit itself: its webhook carries the head. Who has no right is told so, and the
 * label is taken off, so that it does not look as if something were on its way.
 */
export async function handleLabel(world: World, event: LabelEvent, guid: string): Promise<string> {
  const served = world.served.get(event.repo);
  const asked = LABELS[event.label];
  if (!served || !asked) return 'not a label of the bot';
  if (isBotAccount(event.by)) return 'set by a bot';
  const { repo, number } = event;
  const by = event.by.login;
  const answer = async (body: string) => reply(world, { key: `reply:label:${guid}`, repo, number, body });
  const refuse = async (body: string) => (served.speaker ? answer(body) : undefined);

  const [pull, permission] = await Promise.all([
    world.github.pullRequest(repo, number),
    askPermission(world, served, asked.action, repo, event.by),
  ]);
  if (permission.kind !== 'allowed') {
    const { action, command } = asked;
    if (served.speaker) await refusePerson(world, served, { repo, number, by, action, command });
    await world.github.removeLabel(repo, number, event.label);
    return 'no right';
  }
  if (pull === null || pull.state === 'closed') {
    await refuse(say.closedPullRequest(pull?.merged ?? false));
    return 'closed';
  }
  if (isTooOld(world, event.at)) {
    await refuse(say.tooLate('the label was set'));
    return 'too old';
  }
  if (pull.headSha !== event.headSha) {
    await refuse(say.headMoved(pull.headSha, true, 'the label was set'));
    return 'head moved';
  }
  const ask = { pull, by, source: `label:${guid}` };
  if (asked.action === 'deploy') {
    const said = await requestDeploy(world, served, { ...ask, rebuild: false, despiteTests: null });
    const requests = await world.records.requests.ofPullRequest(repo, number);
    if (said.length > 0 && (served.speaker || requests.length > 0)) await answer(said.join('\n\n'));
    return 'deploy asked for';
  }
  const { commands } = parseComment(asked.command);
  const asking = await requestBuild(world, served, { ...ask, commands, keepGoing: false });
  if (asking.kind === 'mistaken') await refuse(asking.sentence);
  if (asking.kind === 'refused') await answer(asking.sentence);
  else if (asking.kind === 'started' && asking.there !== null) await answer(asking.there);
  return 'build asked for';
}
