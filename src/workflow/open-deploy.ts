import type { Deploy } from '../domain/deploy.ts';
import { Permanent, Retryable } from '../domain/errors.ts';
import { whoMay } from '../domain/permission.ts';
import { deployBody, deployOverview, deployTitle } from '../messages/deploy-pr.ts';
import * as say from '../messages/deploy-replies.ts';
import { type DeployView, OVERVIEW_FILE } from '../messages/deploy-view.ts';
import { compareDeploy } from './compare-deploy.ts';
import { failDeploy, tellFailure } from './fail-deploy.ts';
import { moveDeploy } from './move-deploy.ts';
import { inFolder, recordPlace, stagingFiles } from './staging-files.ts';
import { takeFound } from './take-found.ts';
import { answerOnDeploy, refreshStatus, tell } from './tell-deploy.ts';
import { repositoryTarget, type World } from './world.ts';

/** What is not there for so long is said, ms: a restart is shorter. */
const SAID_AFTER_MS = 60_000;
/** How long a deploy waits for what it takes to put it up, ms. */
const PUT_UP_WITHIN_MS = 24 * 60 * 60_000;

/** The step behind the queue: opens the deploy PR, and closes those it replaces. */
export async function openDeploy(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`deploy:${deployId}`, async () => {
    const deploy = await world.records.deploys.get(deployId);
    if (deploy === null) return;
    if (deploy.state.kind === 'open') {
      return opened(world, deploy, deploy.state.pullRequest, await deployView(world, deploy));
    }
    if (deploy.state.kind === 'failed') return tellFailure(world, deploy);
    if (deploy.state.kind === 'preparing') await propose(world, deploy);
  });
  if (result === 'busy') await world.queue.add({ kind: 'deploy', deployId }, { delayMs: 1_000 });
}

async function propose(world: World, asked: Deploy): Promise<void> {
  try {
    const deploy = await compareDeploy(world, asked);
    if (deploy === null) return;
    const view = await deployView(world, deploy);
    const files = { ...(await stagingFiles(world, deploy)), [OVERVIEW_FILE]: deployOverview(view) };
    const proposed = await world.github.proposeFiles(deploy.staging, {
      branch: `stratobot/${world.catalogue.instance}/deploy-${deploy.id}`,
      title: deployTitle(view),
      body: deployBody(view),
      message: `${deployTitle(view)}\n\nDigest: sha256:${deploy.digest}`,
      files: inFolder(`staged/${recordPlace(deploy)}`, files),
    });
    const { number: pullRequest, commit } = proposed;
    const open = await moveDeploy(world, deploy, {
      kind: 'open',
      since: world.clock.now(),
      pullRequest,
      commit,
    });
    if (open !== null) await opened(world, open, pullRequest, view);
  } catch (error) {
    // It would fail the same way each minute: whoever asked hears of it instead.
    if (error instanceof Permanent) return failDeploy(world, asked, error.message);
    if (error instanceof Retryable && (await givesUp(world, asked, error.message))) return;
    throw error;
  }
}

/** Says once what a deploy waits for, and ends it after a day of that. The step is tried again until then, each minute. */
async function givesUp(world: World, deploy: Deploy, reason: string): Promise<boolean> {
  const waited = world.clock.now() - deploy.createdAt;
  if (waited >= PUT_UP_WITHIN_MS) {
    await failDeploy(world, deploy, `${reason.replace(/\.$/, '')}, for a day now`);
    return true;
  }
  if (waited >= SAID_AFTER_MS) await tell(world, deploy, 'not-yet', say.puttingUpWaits(deploy, reason));
  return false;
}

/** What follows an open deploy PR; safe to repeat. */
async function opened(world: World, deploy: Deploy, pullRequest: number, view: DeployView): Promise<void> {
  await supersedeOlder(world, deploy);
  await lookBack(world, deploy, pullRequest);
  await tell(world, deploy, 'opened', say.putUp(deploy, pullRequest, view));
}

/**
 * GitHub shows a deploy PR before its number has come into the row; what somebody did there meanwhile was nobody's to the
 * step that handled its webhook.
 */
async function lookBack(world: World, deploy: Deploy, pullRequest: number): Promise<void> {
  if ((await world.records.postings.get(`deploy:${deploy.id}:opened`)) !== null) return;
  for (const event of await world.github.pullAsEvents(deploy.staging, pullRequest))
    await takeFound(world, event);
}

async function deployView(world: World, deploy: Deploy): Promise<DeployView> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const rows = [];
  for (const entry of deploy.artifacts) {
    const artifact = artifacts.find((candidate) => candidate.id === entry.artifactId);
    const build = artifact && (await world.records.builds.get(artifact.buildId));
    if (!artifact || build?.state.kind !== 'succeeded') continue;
    const request = await world.records.requests.get(build.requestId);
    rows.push({
      target: entry.target,
      version: repositoryTarget(world, build.repository)?.version ?? '',
      artifact,
      tests: build.state.tests,
      node: build.placement?.node ?? '',
      buildId: build.id,
      askedBy: request?.requestedBy ?? '',
    });
  }
  const served = world.served.get(deploy.repo);
  const approvers = served ? whoMay(served.permissions.rules.approve) : 'nobody';
  const { instance } = world.catalogue;
  return { deploy, rows, approvers, needed: served?.approvals ?? 1, instance };
}

/** Older deploys of the same repository give way; done again until the last word on their deploy PR is on its way. */
async function supersedeOlder(world: World, newest: Deploy): Promise<void> {
  for (const older of await world.records.deploys.ofPullRequest(newest.repo, newest.pullRequest)) {
    if (older.id >= newest.id || older.artifacts[0]?.repository !== newest.artifacts[0]?.repository) continue;
    const gone = await supersede(world, older, newest);
    if (gone?.state.kind !== 'superseded' || gone.state.pullRequest === null) continue;
    if ((await world.records.postings.get(`deploy-pr:${gone.id}:superseded`)) !== null) continue;
    const { pullRequest } = gone.state;
    await world.github.closePullRequest(gone.staging, pullRequest);
    await answerOnDeploy(world, gone, 'superseded', pullRequest, say.superseded(gone, newest));
    await refreshStatus(world, gone);
  }
}

/** @returns the older deploy when it has given way to the newest, now or before */
async function supersede(world: World, older: Deploy, newest: Deploy): Promise<Deploy | null> {
  if (older.state.kind === 'superseded') return older.state.by === newest.id ? older : null;
  if (older.state.kind !== 'open' && older.state.kind !== 'preparing') return null;
  const pullRequest = older.state.kind === 'open' ? older.state.pullRequest : null;
  const at = world.clock.now();
  return moveDeploy(world, older, { kind: 'superseded', at, pullRequest, by: newest.id });
}
