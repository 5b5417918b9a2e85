import type { Deploy } from '../domain/deploy.ts';
import * as say from '../messages/deploy-replies.ts';
import { auditOnce } from './audit-deploy.ts';
import { moveDeploy } from './move-deploy.ts';
import { openIssue } from './open-issue.ts';
import { answerOnDeploy, tell } from './tell-deploy.ts';
import type { World } from './world.ts';

/**
 * Ends a deploy that will not succeed, with its reason.
 * @param incident sentences when what was fetched is not what was approved: somebody has to look
 */
export async function failDeploy(
  world: World,
  deploy: Deploy,
  reason: string,
  incident: string[] = [],
): Promise<void> {
  const pullRequest = 'pullRequest' in deploy.state ? deploy.state.pullRequest : null;
  const at = world.clock.now();
  const failed = await moveDeploy(world, deploy, { kind: 'failed', at, pullRequest, reason, incident });
  if (failed === null) return;
  world.log.error({ deploy: deploy.id, reason, incident }, 'deploy failed');
  await tellFailure(world, failed);
}

/** Says why a deploy failed, where people look; safe to repeat. */
export async function tellFailure(world: World, deploy: Deploy): Promise<void> {
  if (deploy.state.kind !== 'failed') return;
  const { pullRequest, reason, incident } = deploy.state;
  await auditOnce(world, deploy, 'deploy-failed', { reason, incident });
  if (pullRequest === null) {
    if (incident.length === 0) return tell(world, deploy, 'failed', say.notPutUp(deploy, reason));
    const body = say.notWhatWasCollected(incident);
    await openIssue(world, {
      key: `deploy:${deploy.id}:issue`,
      repo: deploy.staging,
      title: say.failedTitle(deploy),
      body: say.failedIssue(deploy, null, body),
    });
    return tell(world, deploy, 'failed', body);
  }
  const body = incident.length > 0 ? say.ingestRefused(incident) : say.ingestFailed(deploy, reason);
  await answerOnDeploy(world, deploy, 'failed', pullRequest, body);
  await openIssue(world, {
    key: `deploy:${deploy.id}:issue`,
    repo: deploy.staging,
    title: say.failedTitle(deploy),
    body: say.failedIssue(deploy, pullRequest, body),
  });
  await tell(world, deploy, 'failed', body);
}
