import { approvalsStillStand } from '../domain/approval.ts';
import { type Deploy, type DeployItem, type DeployState, deployManifest } from '../domain/deploy.ts';
import { Permanent, Waiting } from '../domain/errors.ts';
import * as say from '../messages/deploy-replies.ts';
import { askApprovals } from './ask-approvals.ts';
import { auditOnce } from './audit-deploy.ts';
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
    if (error instanceof Waiting && deploy?.state.kind === 'ingesting') {
      await tellWaiting(world, deploy, deploy.state, error.message);
    }
    const under = deploy?.state.kind === 'approved' || deploy?.state.kind === 'ingesting';
    if (!(error instanceof Permanent) || !deploy || !under) throw error;
    await failDeploy(world, deploy, error.message);
  }
}

/** Once: people who look for a revision that does not come see why; it is tried again for as long as it takes. */
async function tellWaiting(world: World, deploy: Deploy, state: Approved, reason: string): Promise<void> {
  const body = say.publishingWaits(deploy, reason);
  await answerOnDeploy(world, deploy, 'waiting', state.pullRequest, body);
  await tell(world, deploy, 'waiting', body);
}

async function ingest(world: World, deployId: number): Promise<void> {
  const deploy = await world.records.deploys.get(deployId);
  if (deploy?.state.kind === 'approved') {
    const problem =
      (await stillApproved(world, deploy, deploy.state, deploy.artifacts)) ??
      (await merge(world, deploy, deploy.state));
    if (problem !== null) return failDeploy(world, deploy, problem);
    const { pullRequest, commit, approvals } = deploy.state;
    await moveDeploy(world, deploy, {
      kind: 'ingesting',
      since: world.clock.now(),
      pullRequest,
      commit,
      approvals,
    });
    await refreshStatus(world, deploy);
    return ingest(world, deployId);
  }
  if (deploy?.state.kind === 'ingesting') return publish(world, deploy, deploy.state);
  // What follows says again, once, what may have been left unsaid when the bot died.
  if (deploy?.state.kind === 'published') await announce(world, deploy);
  if (deploy?.state.kind === 'failed') await tellFailure(world, deploy);
}

/**
 * Everything the approvals rest on, asked of GitHub now.
 * @param items what the digest is made of: the rows, or the files that were fetched and verified
 */
async function stillApproved(
  world: World,
  deploy: Deploy,
  state: Approved,
  items: readonly DeployItem[],
): Promise<string | null> {
  const served = world.served.get(deploy.repo);
  if (!served) return 'the software repository is not served any more';
  const asked = await askApprovals(world, served, deploy, state.pullRequest);
  const currentDigest = sha256(deployManifest(deploy, items));
  const verdict = approvalsStillStand(state.approvals, { ...asked, currentDigest });
  return verdict.kind === 'stands' ? null : verdict.sentence;
}

async function merge(world: World, deploy: Deploy, state: Approved): Promise<string | null> {
  const title = `Ingest deploy ${deploy.id} of ${deploy.repo}#${deploy.pullRequest}, approved by ${state.approvals.map(({ reviewer }) => reviewer).join(' and ')}`;
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
  const problem = await stillApproved(world, deploy, state, spooled.files);
  if (problem !== null) return failDeploy(world, deploy, problem);

  const { approvals } = state;
  const files = spooled.files.map((file) => file.sha256);
  // Once, however often it has to wait for another publication: nobody reads a line a second.
  await auditOnce(world, deploy, 'publishing', { approvals, files });
  const { id, digest, rebuild } = deploy;
  const approvedBy = approvals.map(({ reviewer }) => reviewer);
  const publication = await publisher.publish({
    ...{ id, repository, digest, rebuild, approvedBy },
    files: spooled.files,
  });
  const { pullRequest, commit } = state;
  const published = await moveDeploy(world, deploy, {
    kind: 'published',
    at: world.clock.now(),
    pullRequest,
    commit,
    approvals,
    ...publication,
  });
  if (published !== null) await announce(world, published);
}

async function announce(world: World, deploy: Deploy): Promise<void> {
  if (deploy.state.kind !== 'published') return;
  const { revision, files, path, rootHash } = deploy.state;
  await auditOnce(world, deploy, 'deploy-published', { revision, files, path, rootHash });
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const modules = [...new Set(artifacts.flatMap((artifact) => artifact.overview.modules))].sort();
  const versions = new Set<string>();
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    const target = world.catalogue.repositories.find((candidate) => candidate.id === build?.repository);
    if (target) versions.add(`${target.name} ${target.version}`);
  }
  if (world.served.get(deploy.repo)?.chatter === 'quiet') await refreshStatus(world, deploy);
  else await tell(world, deploy, 'published', say.published(deploy, modules, [...versions]));
  await answerOnDeploy(world, deploy, 'published', deploy.state.pullRequest, say.ingested(deploy));
  await world.queue.add({ kind: 'watch', deployId: deploy.id });
  await world.spool.clear(deploy.id);
}
