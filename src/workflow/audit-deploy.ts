import type { Deploy } from '../domain/deploy.ts';
import type { World } from './world.ts';

/** Decisions about a deploy, as the audit names them. */
export type DeployDecision =
  | 'deploy-requested'
  | 'approval-counted'
  | 'approval-refused'
  | 'approval-withdrawn'
  | 'deploy-approved'
  | 'deploy-rejected'
  | 'merged-by-hand'
  | 'targets-dropped'
  | 'publishing'
  | 'deploy-published'
  | 'deploy-failed';

/**
 * The same for what can happen to a deploy only once, said again when the process died before it was written down. The
 * caller holds the deploy's lock.
 */
export async function auditOnce(
  world: World,
  deploy: Deploy,
  action: DeployDecision,
  evidence: object,
): Promise<void> {
  const lines = await world.records.audit.list(`deploy:${deploy.id}`);
  if (lines.some((line) => line.action === action)) return;
  await auditDeploy(world, deploy, world.catalogue.instance, action, evidence);
}

/** One line of the audit: who decided what about a deploy, with the digest it was about and the evidence for it. */
export async function auditDeploy(
  world: World,
  deploy: Deploy,
  actor: string,
  action: DeployDecision,
  evidence: object,
): Promise<void> {
  await world.records.audit.append({
    at: world.clock.now(),
    actor,
    action,
    subject: `deploy:${deploy.id}`,
    evidence: { digest: deploy.digest, ...evidence },
  });
}
