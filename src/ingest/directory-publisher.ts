import { isAbsolute } from 'node:path';
import { Permanent } from '../domain/errors.ts';
import type { Log, Publication, Publisher, Transport } from '../ports.ts';
import { type Commands, commandsOver } from './commands.ts';
import { withLock } from './publish-lock.ts';
import { type Revisions, revisionsIn } from './revisions.ts';
import { unpackInto } from './unpack.ts';

type Deploy = Parameters<Publisher['publish']>[0];

/**
 * Publishes into plain directories: `<root>/<repository>` is a symlink to a revision, a whole tree in
 * `<root>/.stratobot/<repository>/<number>`, which shares unchanged files with the revision before by hard links.
 * Everything is prepared in a work directory; two renames then make the revision and show it. A process that dies
 * in between leaves what the next call with the same deploy removes or goes on from. Older revisions stay: the way
 * back is to set the symlink.
 */
export function directoryPublisher(options: { root: string; transport: Transport; log: Log }): Publisher {
  const { root, transport, log } = options;
  if (!isAbsolute(root)) throw new Permanent(`The publication root ${root} is not an absolute path.`);
  const run = commandsOver(transport);

  return {
    async publish(deploy) {
      if (!/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(deploy.repository)) {
        throw new Permanent(`${JSON.stringify(deploy.repository)} is no name of a repository.`);
      }
      const revisions = revisionsIn(run, root, deploy.repository);
      await run.quick(['mkdir', '-p', revisions.area]);
      return await withLock(run, `${revisions.area}/lock`, `deploy-${deploy.id}`, log, async () => {
        const work = `${revisions.area}/new-${deploy.id}`;
        await run.remove(work);
        const done = await revisions.ofDeploy(deploy.id);
        const publication = done ?? (await makeRevision(run, revisions, deploy, work));
        const shown = await revisions.current();
        // A later revision was made from this one, or somebody went back on purpose.
        if (shown === null || shown < publication.revision) {
          await revisions.show(publication.revision, `deploy-${deploy.id}`);
        }
        const { id, repository } = deploy;
        log.info({ deploy: id, repository, revision: publication.revision }, 'revision is published');
        return { ...publication, path: `${root}/${repository}` };
      });
    },
  };
}

async function makeRevision(
  run: Commands,
  revisions: Revisions,
  deploy: Deploy,
  work: string,
): Promise<Omit<Publication, 'path'>> {
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
      deploy: deploy.id,
      digest: deploy.approval.digest,
      approvedBy: deploy.approval.reviewer,
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
