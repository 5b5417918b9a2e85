import { Permanent } from '../../domain/errors.ts';
import type { Differences } from '../../domain/repository-policy.ts';
import type { Publication, Publisher } from '../../ports.ts';
import { differencesOf, requireFit } from '../differences.ts';
import { withLock } from '../publish-lock.ts';
import { groupsOf } from './groups.ts';
import { type Journal, tagName } from './journal.ts';
import { preflight } from './preflight.ts';
import { type Prepared, prepare } from './prepare.ts';
import { publishAll } from './publication.ts';
import type { PublishedManifest } from './published-manifest.ts';
import { recover } from './recover.ts';
import { type CvmfsOptions, clearArea, type Site, siteOf, tagsOf, Withdrawn } from './site.ts';
import { publishedManifest } from './stratum.ts';
import { tagOfDeploy, takeBack, wayBackOf } from './take-back.ts';
import { undo } from './undo.ts';

type Deploy = Parameters<Publisher['publish']>[0];

/**
 * Publishes into CernVM-FS by `cvmfs_server` on the Stratum 0. A deploy is published when its tag `stratobot-<id>` exists;
 * until then a journal on the Stratum 0 says what was begun, so that a crash at any point ends, with the next call, in all
 * of it or in an error that says what to do. What fails is undone: our own transaction is aborted, our own revisions are
 * rolled back. A transaction, lock or revision of somebody else is never touched.
 */
export function cvmfsPublisher(options: CvmfsOptions): Publisher {
  const { stateDir, log } = options;
  if (!stateDir.startsWith('/')) throw new Permanent(`The state folder ${stateDir} is not an absolute path.`);

  const locked = async <Result>(
    repository: string,
    deploy: number,
    owner: string,
    step: (site: Site) => Promise<Result>,
  ) => {
    const site = siteNamed(options, repository, deploy);
    await site.run.quick(['mkdir', '-p', site.folder]);
    return await withLock(site.run, `${site.folder}/lock`, `${owner}-${deploy}`, log, () => step(site));
  };

  return {
    compare: (deploy) => compare(siteNamed(options, deploy.repository, 0), deploy),
    publish: (deploy) => locked(deploy.repository, deploy.id, 'deploy', (site) => publish(site, deploy)),
    async wayBack({ id, repository }) {
      const { from, to } = await wayBackOf(siteNamed(options, repository, id), id);
      return { from, to };
    },
    rollback: ({ id, repository, ...way }) =>
      locked(repository, id, 'rollback', async (site) => {
        const revision = await takeBack(site, id, way);
        await served(site, revision);
        return { revision };
      }),
  };
}

function siteNamed(options: CvmfsOptions, repository: string, deploy: number): Site {
  if (!/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(repository)) {
    throw new Permanent(`${JSON.stringify(repository)} is no name of a repository.`);
  }
  return siteOf(options, repository, deploy);
}

function compare({ run, mount }: Site, deploy: Parameters<Publisher['compare']>[0]): Promise<Differences> {
  return differencesOf(run, mount, deploy, { layersAside: true });
}

async function publish(site: Site, deploy: Deploy): Promise<Publication> {
  const { digest } = deploy;
  if (!/^\S{1,200}$/.test(digest)) throw new Permanent('The digest of the approval is none.');
  const ingests = groupsOf(deploy.files).filter(({ compat }) => !compat).length;
  const begun = await recover(site, ingests, digest);
  const done = tagOfDeploy(await tagsOf(site), deploy.id);
  if (done !== null && done.text.digest !== digest) {
    throw new Permanent(
      `The tag ${tagName(deploy.id)} of ${site.repository} is of another deploy; two bots may share its number.`,
    );
  }
  if (done !== null && begun === null) {
    return await publication(site, deploy.id, { revision: done.tag.revision, files: done.text.files });
  }

  let journal = begun;
  let published: { revision: number; files: number };
  try {
    const parts = await prepare(deploy.files, site.mounted);
    if (journal === null) {
      requireFit(site.repository, await compare(site, deploy));
      journal = await begin(site, deploy, parts);
    }
    const files = parts.reduce((sum, part) => sum + part.contents.files, 0);
    published = { revision: await publishAll(site, journal, parts), files };
  } catch (error) {
    // Anything else says nothing of the repository: the line broke. What was begun goes on, and the next try sees how.
    if (!(error instanceof Permanent) && !(error instanceof Withdrawn)) throw error;
    if (journal !== null) await leaveAsItWas(site, journal, ingests, error);
    throw error;
  }
  await clearArea(site);
  return await publication(site, deploy.id, published);
}

async function begin(site: Site, deploy: Deploy, parts: readonly Prepared[]): Promise<Journal> {
  const { id, digest } = deploy;
  const journal = await preflight(site, { id, digest }, parts);
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

async function publication(
  site: Site,
  deploy: number,
  { revision, files }: { revision: number; files: number },
): Promise<Publication> {
  const manifest = await served(site, revision);
  site.log.info({ deploy, repository: site.repository, revision }, 'revision is published');
  const rootHash = manifest.revision === revision ? { rootHash: manifest.rootHash } : {};
  return { revision, files, path: site.mount, ...rootHash };
}

/** Clients get what the web server shows, which is up to 61 s older than the repository. */
async function served(site: Site, revision: number): Promise<PublishedManifest> {
  const { repository, stratum0Url, patience } = site;
  const sentence = `${repository} is published as revision ${revision}, and ${stratum0Url} still shows an older one.`;
  return await site.until(patience.servedMs, sentence, async () => {
    const manifest = await publishedManifest(stratum0Url, repository);
    return manifest.revision >= revision ? manifest : null;
  });
}
