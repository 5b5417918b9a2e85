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
