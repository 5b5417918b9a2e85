import { type Deploy, type DeployState, folderOf } from '../domain/deploy.ts';
import { wakeWaiting } from './wake-waiting.ts';
import type { World } from './world.ts';

/**
 * Writes the next state of a deploy and one line in the log, has its record in the staging repository follow, and
 * wakes what waits for its pull request.
 * @returns null when the row was no longer in the state the caller saw: somebody else decided first
 */
export async function moveDeploy(world: World, deploy: Deploy, to: DeployState): Promise<Deploy | null> {
  const moved = await world.records.deploys.move(deploy.id, deploy.state.kind, to);
  if (moved === null) return null;
  world.log.info({ deploy: deploy.id, from: deploy.state.kind, to: to.kind }, 'deploy moved');
  if (folderOf(to) !== null) await world.queue.add({ kind: 'file', deployId: deploy.id });
  await wakeWaiting(world, deploy.repo, deploy.pullRequest);
  return moved;
}
