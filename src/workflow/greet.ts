import type { DraftEvent } from '../domain/events.ts';
import { isBotAccount, whoMay } from '../domain/permission.ts';
import { draftWhileWaiting } from '../messages/deploy-replies.ts';
import { greeting } from '../messages/greeting.ts';
import { reply } from './post.ts';
import { readPullChanges } from './read-changes.ts';
import type { ServedRepository, World } from './world.ts';

/** Greets a pull request that was just opened, once, where that is configured. */
export async function greet(
  world: World,
  served: ServedRepository,
  repo: string,
  number: number,
): Promise<void> {
  if (!served.greeting || !served.speaker) return;
  const pull = await world.github.pullRequest(repo, number);
  if (pull === null || pull.state === 'closed' || isBotAccount(pull.author)) return;
  const body = greeting({
    catalogue: world.catalogue,
    understood: await readPullChanges(world, served, pull),
    draft: pull.draft,
    builders: whoMay(served.permissions.rules.build),
  });
  await reply(world, { key: `greeting:${repo}#${number}`, repo, number, body });
}

/** Builds of a draft are welcome; a deploy of it that waits for approval is worth a word. */
export async function becameDraft(world: World, { repo, number }: DraftEvent): Promise<string> {
  if (!world.served.has(repo)) return 'repository is not served';
  const deploys = await world.records.deploys.ofPullRequest(repo, number);
  const open = deploys.filter(({ state }) => state.kind === 'open');
  const newest = Math.max(...open.map(({ id }) => id));
  if (open.length === 0) return 'nothing waits for approval';
  await reply(world, {
    key: `draft:${repo}#${number}:${newest}`,
    repo,
    number,
    body: draftWhileWaiting(open),
  });
  return 'a deploy waits for approval';
}
