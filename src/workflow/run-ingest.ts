import { approvalStillStands } from '../domain/approval.ts';
import { type Deploy, type DeployState, deployManifest } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { whoMay } from '../domain/permission.ts';
import * as say from '../messages/deploy-replies.ts';
import type { SpooledArtifact } from '../ports.ts';
import { askPermission } from './ask-permission.ts';
import { moveDeploy } from './move-deploy.ts';
import { sha256 } from './post.ts';
import { refreshStatus, tell } from './request-deploy.ts';
import { answerOnDeploy } from './review-deploy.ts';
import type { World } from './world.ts';

type Approved = Extract<DeployState, { kind: 'approved' | 'ingesting' }>;

/**
 * From an approved deploy to a revision: merge the deploy PR, fetch and verify the bytes, ask GitHub once more whether the
 * approval stands, publish. Each step finds its own trace when it runs again.
 */
export async function runIngest(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`deploy:${deployId}`, () => ingest(world, deployId));
  if (result === 'busy') await world.queue.add({ kind: 'ingest', deployId }, { delayMs: 1_000 });
}

async function ingest(world: World, deployId: number): Promise<void> {
  const deploy = await world.records.deploys.get(deployId);
  if (deploy?.state.kind === 'approved') {
    const problem =
      (await stillApproved(world, deploy, deploy.state)) ?? (await merge(world, deploy, deploy.state));
    if (problem !== null) return fail(world, deploy, problem);
    const { pullRequest, commit, approval } = deploy.state;
    await moveDeploy(world, deploy, {
      kind: 'ingesting',
      since: world.clock.now(),
      pullRequest,
      commit,
      approval,
    });
    await refreshStatus(world, deploy);
    return ingest(world, deployId);
  }
  if (deploy?.state.kind === 'ingesting') return publish(world, deploy, deploy.state);
  // What follows says again, once, what may have been left unsaid when the bot died.
  if (deploy?.state.kind === 'published') await announce(world, deploy);
  if (deploy?.state.kind === 'failed') await announceFailure(world, deploy);
}

/** Everything the approval rests on, asked of GitHub now and computed from the rows now. */
async function stillApproved(world: World, deploy: Deploy, state: Approved): Promise<string | null> {
  const served = world.served.get(deploy.repo);
  if (!served) return 'the software repository is not served any more';
  const [pull, reviews, permission] = await Promise.all([
    world.github.pullRequest(deploy.staging, state.pullRequest),
    world.github.reviews(deploy.staging, state.pullRequest),
    askPermission(world, served, 'approve', deploy.repo, { login: state.approval.reviewer, isBot: false }),
  ]);
  const verdict = approvalStillStands(state.approval, {
    deploy,
    reviews,
    currentDigest: sha256(deployManifest(deploy, deploy.artifacts)),
    headCommit: pull?.headSha ?? '',
    reviewerMayApprove: permission.kind === 'allowed',
    approvers: whoMay(served.permissions.rules.approve),
  });
  return verdict.kind === 'stands' ? null : verdict.sentence;
}

async function merge(world: World, deploy: Deploy, state: Approved): Promise<string | null> {
  const title = `Ingest deploy ${deploy.id} of ${deploy.repo}#${deploy.pullRequest}, approved by ${state.approval.reviewer}`;
  const result = await world.github.merge(deploy.staging, state.pullRequest, state.commit, title);
  if (result === 'merged') return null;
  return result === 'moved'
    ? 'the deploy PR got another commit after it was approved'
    : 'GitHub refused to merge the deploy PR';
}

async function publish(world: World, deploy: Deploy, state: Approved): Promise<void> {
  const repository = deploy.artifacts[0]?.repository ?? '';
  const publisher = world.publishers.get(repository);
  if (!publisher) return fail(world, deploy, `no publisher is configured for ${repository}`);

  const spooled = await world.spool.fetch(deploy);
  if (spooled.kind === 'refused') {
    const reason = spooled.violations[0]?.sentence ?? 'the fetched bytes are not what was approved';
    return fail(
      world,
      deploy,
      reason,
      spooled.violations.map((violation) => violation.sentence),
    );
  }
  const problem = await stillApproved(world, deploy, state);
  if (problem !== null) return fail(world, deploy, problem);

  await world.records.audit.append({
    at: world.clock.now(),
    actor: world.catalogue.instance,
    action: 'publishing',
    subject: `deploy:${deploy.id}`,
    evidence: {
      approval: state.approval,
      digest: deploy.digest,
      files: spooled.files.map((file) => file.sha256),
    },
  });
  const publication = await tryPublish(world, deploy, state, repository, spooled.files);
  if (typeof publication === 'string') return fail(world, deploy, publication);
  const { pullRequest, commit, approval } = state;
  const published = await moveDeploy(world, deploy, {
    kind: 'published',
    at: world.clock.now(),
    pullRequest,
    commit,
    approval,
    ...publication,
  });
  if (published === null) return;
  await announce(world, published);
  await world.spool.clear(deploy.id);
}

async function tryPublish(
  world: World,
  deploy: Deploy,
  state: Approved,
  repository: string,
  files: SpooledArtifact[],
) {
  const publisher = world.publishers.get(repository);
  try {
    return (
      (await publisher?.publish({ id: deploy.id, repository, approval: state.approval, files })) ??
      `no publisher is configured for ${repository}`
    );
  } catch (error) {
    if (error instanceof Permanent) return error.message;
    throw error;
  }
}

async function announce(world: World, deploy: Deploy): Promise<void> {
  if (deploy.state.kind !== 'published') return;
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const modules = [...new Set(artifacts.flatMap((artifact) => artifact.overview.modules))].sort();
  const versions = new Set<string>();
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    const target = world.catalogue.repositories.find((candidate) => candidate.id === build?.repository);
    if (target) versions.add(`${target.name} ${target.version}`);
  }
  await tell(world, deploy, 'published', say.published(deploy, modules, [...versions]));
  await answerOnDeploy(world, deploy, 'published', deploy.state.pullRequest, say.ingested(deploy));
}

async function fail(world: World, deploy: Deploy, reason: string, incident: string[] = []): Promise<void> {
  const pullRequest = 'pullRequest' in deploy.state ? deploy.state.pullRequest : null;
  const at = world.clock.now();
  const failed = await moveDeploy(world, deploy, {
    kind: 'failed',
    at,
    pullRequest,
    reason,
    incident,
  });
  if (failed === null) return;
  world.log.error({ deploy: deploy.id, reason, incident }, 'deploy failed');
  const evidence = { reason, incident, digest: deploy.digest };
  await world.records.audit.append({
    at,
    actor: world.catalogue.instance,
    action: 'deploy-failed',
    subject: `deploy:${deploy.id}`,
    evidence,
  });
  await announceFailure(world, failed);
}

async function announceFailure(world: World, deploy: Deploy): Promise<void> {
  if (deploy.state.kind !== 'failed') return;
  const { pullRequest, reason, incident } = deploy.state;
  const body = incident.length > 0 ? say.ingestRefused(incident) : say.ingestFailed(reason);
  if (pullRequest !== null) await answerOnDeploy(world, deploy, 'failed', pullRequest, body);
  await tell(world, deploy, 'failed', body);
}
