import { isAbsolute } from 'node:path';
import { Permanent } from '../domain/errors.ts';
import type { Log, Publisher, Transport, WayBack } from '../ports.ts';
import { type Commands, commandsOver } from './commands.ts';
import { differencesOf, requireFit } from './differences.ts';
import { withLock } from './publish-lock.ts';
import { type Revisions, revisionsIn } from './revisions.ts';
import { unpackInto } from './unpack.ts';

type Deploy = Parameters<Publisher['publish']>[0];

/**
 * Publishes into plain directories: `<root>/<repository>` is a symlink to a revision, a whole tree in
 * `<root>/.stratobot/<repository>/<number>`, which shares unchanged files with the revision before by hard links.
 * Everything is prepared in a work directory; two renames then make the revision and show it. A process that dies
 * in between leaves what the next call with the same deploy removes or goes on from. Older revisions stay; the way back
 * is one more, with the same files as an older one.
 */
export function directoryPublisher(options: { root: string; transport: Transport; log: Log }): Publisher {
  const { root, transport, log } = options;
  if (!isAbsolute(root)) throw new Permanent(`The publication root ${root} is not an absolute path.`);
  const run = commandsOver(transport);

  const revisionsOf = (repository: string) => {
    if (/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(repository)) return revisionsIn(run, root, repository);
    throw new Permanent(`${JSON.stringify(repository)} is no name of a repository.`);
  };

  const compare: Publisher['compare'] = async (deploy) => {
    revisionsOf(deploy.repository);
    return differencesOf(run, `${root}/${deploy.repository}`, deploy, { layersAside: false });
  };

  return {
    compare,
    async publish(deploy) {
      const revisions = revisionsOf(deploy.repository);
      await run.quick(['mkdir', '-p', revisions.area]);
      return await withLock(run, `${revisions.area}/lock`, `deploy-${deploy.id}`, log, async () => {
        const work = `${revisions.area}/new-${deploy.id}`;
        await run.remove(work);
        const done = await revisions.ofDeploy(deploy.id);
        if (done === null) requireFit(deploy.repository, await compare(deploy));
        const publication = done ?? (await makeRevision(run, revisions, deploy, work));
        const shown = await revisions.current();
        // A later revision was made from this one, or somebody went back on purpose.
        if (shown === null || shown < publication.revision) {
          await revisions.show(publication.revision, `deploy-${deploy.id}`);
        }
        const { id, repository } = deploy;
        log.info({ deploy: id, repository, revision: publication.revision }, 'revision is published');
        const { revision, files } = publication;
        return { revision, files, path: `${root}/${repository}` };
      });
    },
    wayBack: ({ id, repository }) => wayBackIn(revisionsOf(repository), id, repository),
    async rollback({ id, repository, ...way }) {
      const revisions = revisionsOf(repository);
      return await withLock(run, `${revisions.area}/lock`, `rollback-${id}`, log, async () => {
        const revision =
          (await revisions.undoing(id)) ?? (await takeBack(run, revisions, id, repository, way));
        const shown = await revisions.current();
        if (shown === way.from) await revisions.show(revision, `rollback-${id}`);
        log.info({ deploy: id, repository, revision, to: way.to }, 'deploy taken back');
        return { revision };
      });
    },
  };
}

async function makeRevision(
  run: Commands,
  revisions: Revisions,
  deploy: Deploy,
  work: string,
): Promise<{ revision: number; files: number }> {
  const tree = `${work}/tree`;
  await run.quick(['mkdir', work]);
  try {
    const base = await revisions.current();
    if (base === null) await run.quick(['mkdir', tree]);
    else await run.long(['cp', '-al', '-T', `${revisions.area}/${base}`, tree]);
    let files = 0;
    for (const file of deploy.files) files += await unpackInto(run, tree, `${work}/incoming`, file);
    const revision = await revisions.next();
    await revisions.record(tree, {
      revision,
      base: base ?? 0,
      deploy: deploy.id,
      digest: deploy.digest,
      approvedBy: deploy.approvedBy,
      publishedAt: new Date().toISOString(),
      files,
    });
    await run.long(['sync', '-f', tree]);
    await run.quick(['mv', '-T', tree, `${revisions.area}/${revision}`]);
    return { revision, files };
  } finally {
    // After a failure too; what cannot be removed now, the next try removes.
    await run.remove(work).catch(() => {});
  }
}

async function wayBackIn(revisions: Revisions, deploy: number, repository: string): Promise<WayBack> {
  const done = await revisions.ofDeploy(deploy);
  if (done === null) throw new Permanent(`Deploy ${deploy} is not published in ${repository}.`);
  const shown = await revisions.current();
  if (shown === done.revision) return { from: done.revision, to: done.base };
  throw new Permanent(
    `${repository} shows revision ${shown ?? 0}, and deploy ${deploy} is revision ${done.revision}; going back would undo more.`,
  );
}

/** @returns the new revision, which is not shown yet */
async function takeBack(
  run: Commands,
  revisions: Revisions,
  deploy: number,
  repository: string,
  way: WayBack,
): Promise<number> {
  const { from, to } = await wayBackIn(revisions, deploy, repository);
  if (from !== way.from || to !== way.to) {
    throw new Permanent(
      `${repository} would go back from revision ${from} to ${to}, and ${way.from} to ${way.to} was confirmed.`,
    );
  }
  const work = `${revisions.area}/undo-${deploy}`;
  await run.remove(work);
  if (to === 0) await run.quick(['mkdir', work]);
  else await run.long(['cp', '-al', '-T', `${revisions.area}/${to}`, work]);
  const revision = await revisions.next();
  const publishedAt = new Date().toISOString();
  await revisions.record(work, { revision, base: to, publishedAt, undoes: deploy });
  await run.long(['sync', '-f', work]);
  await run.quick(['mv', '-T', work, `${revisions.area}/${revision}`]);
  return revision;
}
