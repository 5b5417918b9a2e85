import { Permanent } from '../../domain/errors.ts';
import type { Publication, Publisher } from '../../ports.ts';
import { withLock } from '../publish-lock.ts';
import { explain } from './answers.ts';
import { groupsOf } from './groups.ts';
import { type Journal, readTagText, type TagText, tagName } from './journal.ts';
import { preflight } from './preflight.ts';
import { type Prepared, prepare } from './prepare.ts';
import { publishAll } from './publication.ts';
import { recover } from './recover.ts';
import { headOf, type Tag } from './server.ts';
import { type CvmfsOptions, clearArea, type Site, siteOf, tagsOf, untilFree, Withdrawn } from './site.ts';
import { publishedManifest } from './stratum.ts';
import { rollback } from './transaction.ts';
import { undo } from './undo.ts';

type Deploy = Parameters<Publisher['publish']>[0];

export interface CvmfsPublisher extends Publisher {
  /** Goes back to what was there before a deploy, with a new revision; throws Permanent where others published since. */
  rollback(repository: string, deployId: number): Promise<{ revision: number }>;
}

/**
 * Publishes into CernVM-FS by `cvmfs_server` on the Stratum 0. A deploy is published when its tag `stratobot-<id>` exists;
 * until then a journal on the Stratum 0 says what was begun, so that a crash at any point ends, with the next call, in all
 * of it or in an error that says what to do. What fails is undone: our own transaction is aborted, our own revisions are
 * rolled back. A transaction, lock or revision of somebody else is never touched.
 */
export function cvmfsPublisher(options: CvmfsOptions): CvmfsPublisher {
  const { stateDir, log } = options;
  if (!stateDir.startsWith('/')) throw new Permanent(`The state folder ${stateDir} is not an absolute path.`);

  const locked = async <Result>(
    repository: string,
    deploy: number,
    owner: string,
    step: (site: Site) => Promise<Result>,
  ) => {
    if (!/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(repository)) {
      throw new Permanent(`${JSON.stringify(repository)} is no name of a repository.`);
    }
    const site = siteOf(options, repository, deploy);
    await site.run.quick(['mkdir', '-p', site.folder]);
    return await withLock(site.run, `${site.folder}/lock`, `${owner}-${deploy}`, log, () => step(site));
  };

  return {
    publish: (deploy) => locked(deploy.repository, deploy.id, 'deploy', (site) => publish(site, deploy)),
    rollback: (repository, deployId) =>
      locked(repository, deployId, 'rollback', (site) => goBack(site, deployId)),
  };
}

async function publish(site: Site, deploy: Deploy): Promise<Publication> {
  const { digest } = deploy.approval;
  if (!/^\S{1,200}$/.test(digest)) throw new Permanent('The digest of the approval is none.');
  const ingests = groupsOf(deploy.files).filter(({ compat }) => !compat).length;
  const begun = await recover(site, ingests, digest);
  const done = ofDeploy(await tagsOf(site), deploy.id);
  if (done !== null && done.text.digest !== digest) {
    throw new Permanent(
      `The tag ${tagName(deploy.id)} of ${site.repository} is of another deploy; two bots may share its number.`,
    );
  }
  if (done !== null && begun === null) return await served(site, deploy, done.tag.revision, done.text.files);

  let journal = begun;
  let published: { revision: number; files: number };
  try {
    const parts = await prepare(deploy.files, site.mounted);
    journal ??= await begin(site, deploy, parts);
    const files = parts.reduce((sum, part) => sum + part.contents.files, 0);
    published = { revision: await publishAll(site, journal, parts), files };
  } catch (error) {
    // Anything else says nothing of the repository: the line broke. What was begun goes on, and the next try sees how.
    if (!(error instanceof Permanent) && !(error instanceof Withdrawn)) throw error;
    if (journal !== null) await leaveAsItWas(site, journal, ingests, error);
    throw error;
  }
  await clearArea(site);
  return await served(site, deploy, published.revision, published.files);
}

async function begin(site: Site, deploy: Deploy, parts: readonly Prepared[]): Promise<Journal> {
  const { id, approval } = deploy;
  const journal = await preflight(site, { id, digest: approval.digest }, parts);
  await site.run.quick(['mkdir', '-p', site.area]);
  await site.journal.write(journal);
  return journal;
}

async function leaveAsItWas(site: Site, journal: Journal, ingests: number, error: Error): Promise<void> {
  try {
    await undo(site, journal, ingests);
  } catch (undone) {
    if (!(undone instanceof Permanent)) throw undone;
    throw new Permanent(`${error.message} ${undone.message}`, { cause: error });
  }
}

function ofDeploy(tags: readonly Tag[], deploy: number): { tag: Tag; text: TagText } | null {
  const tag = tags.find(({ name }) => name === tagName(deploy));
  if (tag === undefined) return null;
  const text = readTagText(tag.description);
  if (text === null) throw new Permanent(`The tag ${tag.name} was not made by Stratobot.`);
  return { tag, text };
}

/** Clients get what the web server shows, which is up to 61 s older than the repository. */
async function served(site: Site, deploy: Deploy, revision: number, files: number): Promise<Publication> {
  const { repository, stratum0Url, patience, mount } = site;
  const sentence = `${repository} is published as revision ${revision}, and ${stratum0Url} still shows an older one.`;
  await site.until(patience.servedMs, sentence, async () =>
    (await publishedManifest(stratum0Url, repository)).revision >= revision ? true : null,
  );
  site.log.info({ deploy: deploy.id, repository, revision }, 'revision is published');
  return { revision, files, path: mount };
}

async function goBack(site: Site, deploy: number): Promise<{ revision: number }> {
  const tags = await tagsOf(site);
  const done = ofDeploy(tags, deploy);
  if (done === null) throw new Permanent(`Deploy ${deploy} is not published in ${site.repository}.`);
  const [head, before] = [headOf(tags), done.text.before];
  if (done.tag.revision !== head) {
    throw new Permanent(
      `${site.repository} was published again since deploy ${deploy} (revision ${head}); going back would undo that too.`,
    );
  }
  if (!tags.some(({ name }) => name === before)) {
    throw new Permanent(`The tag ${before}, from before deploy ${deploy}, does not exist any more.`);
  }
  await untilFree(site);
  await site.run.quick(['mkdir', '-p', site.area]);
  const argv = [site.cvmfsServer, 'rollback', '-t', before, '-f', site.repository];
  const answer = await site.recorded.run(rollback, argv);
  if (answer.code !== 0) {
    throw new Permanent(
      `cvmfs_server rollback failed for ${site.repository}: ${explain(answer, false).sentence}.`,
    );
  }
  const after = await tagsOf(site);
  if (headOf(after) !== head + 1 || ofDeploy(after, deploy) !== null) {
    throw new Permanent(`${site.repository} is not back at ${before}, although cvmfs_server said so.`);
  }
  await clearArea(site);
  site.log.warn({ deploy, repository: site.repository, tag: before }, 'rolled back');
  return { revision: head + 1 };
}
