import { approvalStillStands } from '../domain/approval.ts';
import { type Deploy, type DeployState, deployManifest } from '../domain/deploy.ts';
import { Permanent } from '../domain/errors.ts';
import { whoMay } from '../domain/permission.ts';
import * as say from '../messages/deploy-replies.ts';
import { askPermission } from './ask-permission.ts';
import { failDeploy, tellFailure } from './fail-deploy.ts';
import { moveDeploy } from './move-deploy.ts';
import { sha256 } from './post.ts';
import { answerOnDeploy, refreshStatus, tell } from './tell-deploy.ts';
import type { World } from './world.ts';

type Approved = Extract<DeployState, { kind: 'approved' | 'ingesting' }>;

/**
 * From an approved deploy to a revision: merge the deploy PR, fetch and verify the bytes, ask GitHub once more whether the
 * approval stands, publish. Each step finds its own trace when it runs again.
 */
export async function runIngest(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`deploy:${deployId}`, () => ingestOrFail(world, deployId));
  if (result === 'busy') await world.queue.add({ kind: 'ingest', deployId }, { delayMs: 1_000 });
}

/** What fails the same way each time ends the deploy with its reason. */
async function ingestOrFail(world: World, deployId: number): Promise<void> {
  try {
    await ingest(world, deployId);
  } catch (error) {
    const deploy = await world.records.deploys.get(deployId);
    const under = deploy?.state.kind === 'approved' || deploy?.state.kind === 'ingesting';
    if (!(error instanceof Permanent) || !deploy || !under) throw error;
    await failDeploy(world, deploy, error.message);
  }
}

async function ingest(world: World, deployId: number): Promise<void> {
  const deploy = await world.records.deploys.get(deployId);
  if (deploy?.state.kind === 'approved') {
    const problem =
      (await stillApproved(world, deploy, deploy.state)) ?? (await merge(world, deploy, deploy.state));
    if (problem !== null) return failDeploy(world, deploy, problem);
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
  if (deploy?.state.kind === 'failed') await tellFailure(world, deploy);
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
  if (!publisher) return failDeploy(world, deploy, `no publisher is configured for ${repository}`);

  const spooled = await world.spool.fetch(deploy);
  if (spooled.kind === 'refused') {
    const reason = spooled.violations[0]?.sentence ?? 'the fetched bytes are not what was approved';
    return failDeploy(
      world,
      deploy,
      reason,
      spooled.violations.map((violation) => violation.sentence),
    );
  }
  const problem = await stillApproved(world, deploy, state);
  if (problem !== null) return failDeploy(world, deploy, problem);

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
  const { approval } = state;
  const publication = await publisher.publish({ id: deploy.id, repository, approval, files: spooled.files });
  const { pullRequest, commit } = state;
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
  await world.queue.add({ kind: 'watch', deployId: deploy.id });
  await world.spool.clear(deploy.id);
}
