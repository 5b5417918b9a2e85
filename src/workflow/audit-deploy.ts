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
 * The same for what happens to a deploy only once, or once `about` something in the evidence: said again when the process died
 * before it was written down, and not written twice. The caller holds the deploy's lock, or that of the delivery it is about.
 */
export async function auditOnce(
  world: World,
  deploy: Deploy,
  action: DeployDecision,
  evidence: object,
  { actor = world.catalogue.instance, about = {} }: { actor?: string; about?: object } = {},
): Promise<void> {
  const lines = await world.records.audit.list(`deploy:${deploy.id}`);
  const same = (known: unknown): boolean =>
    Object.entries(about).every(([name, value]) => Object(known)[name] === value);
  if (lines.some((line) => line.action === action && same(line.evidence))) return;
  await auditDeploy(world, deploy, actor, action, evidence);
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
