import { FOLDERS, folderOf } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { recordPlace, stagingFiles } from './staging-files.ts';
import type { World } from './world.ts';

/**
 * Moves the record of a deploy in the staging repository to the folder that says what became of it, in one commit. The row says
 * which folder that was last; when it does not know, the tree does, and nothing is committed twice.
 */
export async function fileDeploy(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`file:${deployId}`, async () => {
    const deploy = await world.records.deploys.get(deployId);
    const folder = deploy && folderOf(deploy.state);
    if (!folder || (await world.records.deploys.filed(deployId)) === folder) return;
    const place = recordPlace(deploy);
    const files = await stagingFiles(world, deploy);
    try {
      await world.github.moveFolder(deploy.staging, {
        from: FOLDERS.filter((one) => one !== folder).map((one) => `${one}/${place}`),
        to: `${folder}/${place}`,
        otherwise: files,
        message: `${folder}: deploy ${deploy.id} of ${deploy.repo}#${deploy.pullRequest}`,
      });
    } catch (error) {
      // A rule of the staging repository keeps the bot out: a record in the wrong folder is no reason to stop a publication.
      if (!(error instanceof Permanent)) throw error;
      world.log.warn({ deploy: deployId, folder, err: error }, 'the record of a deploy could not be moved');
      return;
    }
    await world.records.deploys.file(deployId, folder);
  });
  if (result === 'busy') await world.queue.add({ kind: 'file', deployId }, { delayMs: 1_000 });
}
