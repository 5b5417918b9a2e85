import { Permanent } from '../../domain/errors.ts';
import type { WayBack } from '../../ports.ts';
import { explain } from './answers.ts';
import { readTagText, type TagText, tagName } from './journal.ts';
import { headOf, type Tag } from './server.ts';
import { clearArea, type Site, tagsOf, untilFree } from './site.ts';
import { rollback } from './transaction.ts';

/** The tag that says a deploy is published; null where it is not. */
export function tagOfDeploy(tags: readonly Tag[], deploy: number): { tag: Tag; text: TagText } | null {
  const tag = tags.find(({ name }) => name === tagName(deploy));
  if (tag === undefined) return null;
  const text = readTagText(tag.description);
  if (text === null) throw new Permanent(`The tag ${tag.name} was not made by Stratobot.`);
  return { tag, text };
}

/** Throws Permanent where others published since, or the tag from before is gone. */
export async function wayBackOf(site: Site, deploy: number): Promise<WayBack & { tag: string }> {
  return wayBackIn(site, deploy, await tagsOf(site));
}

function wayBackIn(site: Site, deploy: number, tags: readonly Tag[]): WayBack & { tag: string } {
  const done = tagOfDeploy(tags, deploy);
  if (done === null) throw new Permanent(`Deploy ${deploy} is not published in ${site.repository}.`);
  const [head, before] = [headOf(tags), done.text.before];
  if (done.tag.revision !== head) {
    throw new Permanent(
      `${site.repository} was published again since deploy ${deploy} (revision ${head}); going back would undo that too.`,
    );
  }
  const former = tags.find(({ name }) => name === before);
  if (former === undefined) {
    throw new Permanent(`The tag ${before}, from before deploy ${deploy}, does not exist any more.`);
  }
  return { from: head, to: former.revision, tag: before };
}

/**
 * Goes back to the tag from before a deploy, which makes a new revision and removes the deploy's tag. A file beside the
 * journals says, from before the command on, which deploy was taken back from where: so a second call knows the first.
 * @returns the new revision
 */
export async function takeBack(site: Site, deploy: number, way: WayBack): Promise<number> {
  const trace = `${site.folder}/taken-back-${deploy}`;
  const revision = way.from + 1;
  await site.run.quick(['mkdir', '-p', site.area]);
  await site.recorded.settled(site.patience.transactionMs);
  const tags = await tagsOf(site);
  const { ok, output } = await site.run.ask(['cat', trace]);
  if (tagOfDeploy(tags, deploy) === null && ok && output === String(way.from)) {
    await clearArea(site);
    return revision;
  }
  const { from, to, tag } = wayBackIn(site, deploy, tags);
  if (from !== way.from || to !== way.to) {
    throw new Permanent(
      `${site.repository} would go back from revision ${from} to ${to}, and ${way.from} to ${way.to} was confirmed.`,
    );
  }
  await untilFree(site);
  await site.run.quick(['tee', `${trace}.new`], `${from}\n`);
  await site.run.quick(['sync', `${trace}.new`]);
  await site.run.quick(['mv', '-T', `${trace}.new`, trace]);
  const argv = [site.cvmfsServer, 'rollback', '-t', tag, '-f', site.repository];
  const answer = await site.recorded.run(rollback, argv);
  if (answer.code !== 0) {
    throw new Permanent(
      `cvmfs_server rollback failed for ${site.repository}: ${explain(answer, false).sentence}.`,
    );
  }
  const after = await tagsOf(site);
  if (headOf(after) !== revision || tagOfDeploy(after, deploy) !== null) {
    throw new Permanent(`${site.repository} is not back at ${tag}, although cvmfs_server said so.`);
  }
  await clearArea(site);
  site.log.info({ deploy, repository: site.repository, tag, revision }, 'deploy taken back');
  return revision;
}
