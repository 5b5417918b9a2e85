import type { Artifact } from '../domain/artifact.ts';
import type { Build } from '../domain/build.ts';
import { type Deploy, type DeployItem, deployManifest } from '../domain/deploy.ts';
import { whoMay } from '../domain/permission.ts';
import { targetName } from '../domain/target.ts';
import { deployBody, deployTitle } from '../messages/deploy-pr.ts';
import * as say from '../messages/deploy-replies.ts';
import { fitBody } from '../messages/markdown.ts';
import type { PullRequest } from '../ports.ts';
import { metadataOf } from './metadata.ts';
import { moveDeploy } from './move-deploy.ts';
import { reply, sha256 } from './post.ts';
import { repositoryTarget, type ServedRepository, type World } from './world.ts';

/** Who asked for a deploy, and the identity of the asking: `comment:<id>` or `label:<delivery>`. */
export interface DeployAsk {
  pull: PullRequest;
  by: string;
  source: string;
}

interface Built {
  build: Build;
  artifact: Artifact;
  repository: string;
}

/**
 * Puts the newest successful artifacts of a pull request's current head up for approval: one deploy for every CernVM-FS
 * repository they go to, because a publication is one revision of one repository.
 * @returns sentences for whoever asked, empty when the deploy PRs speak for themselves
 */
export async function requestDeploy(
  world: World,
  served: ServedRepository,
  ask: DeployAsk,
): Promise<string[]> {
  const { pull } = ask;
  const built = await newestBuilt(world, pull);
  if (built.length === 0)
    return [
      say.nothingToDeploy(
        pull.headSha,
        (await world.records.requests.ofPullRequest(pull.repo, pull.number)).length > 0,
      ),
    ];
  const answers: string[] = [];
  for (const [repository, rows] of Map.groupBy(built, (row) => row.repository)) {
    const items = rows.map(item);
    const manifest = deployManifest(
      { repo: pull.repo, pullRequest: pull.number, headSha: pull.headSha },
      items,
    );
    const { deploy, created } = await world.records.deploys.create({
      repo: pull.repo,
      pullRequest: pull.number,
      headSha: pull.headSha,
      author: pull.author.login,
      requestedBy: ask.by,
      digest: sha256(manifest),
      artifacts: items,
      staging: served.staging,
      createdAt: world.clock.now(),
    });
    if (created) {
      await world.records.audit.append({
        at: world.clock.now(),
        actor: ask.by,
        action: 'deploy-requested',
        subject: `deploy:${deploy.id}`,
        evidence: { source: ask.source, digest: deploy.digest, manifest },
      });
    } else if (deploy.state.kind !== 'preparing') {
      answers.push(say.alreadyUp(deploy, repository));
    }
    await world.queue.add({ kind: 'deploy', deployId: deploy.id });
  }
  return answers;
}

/** The newest succeeded build of every target × repository target at the pull request's current head, with its artifacts. */
async function newestBuilt(world: World, pull: PullRequest): Promise<Built[]> {
  const newest = new Map<string, Build>();
  for (const request of await world.records.requests.ofPullRequest(pull.repo, pull.number)) {
    if (request.headSha !== pull.headSha) continue;
    for (const build of await world.records.builds.ofRequest(request.id)) {
      const key = `${targetName(build.target)} ${build.repository}`;
      const known = newest.get(key);
      if (build.state.kind === 'succeeded' && (!known || known.id < build.id)) newest.set(key, build);
    }
  }
  const rows: Built[] = [];
  for (const build of newest.values()) {
    const repository = repositoryTarget(world, build.repository);
    if (!repository) continue;
    for (const artifact of await world.records.artifacts.ofBuild(build.id))
      rows.push({ build, artifact, repository: repository.name });
  }
  return rows;
}

function item({ build, artifact, repository }: Built): DeployItem {
  const { id, name, sha256: digest, bytes, key } = artifact;
  return { artifactId: id, name, sha256: digest, bytes, key, target: targetName(build.target), repository };
}

/** The step behind the queue: opens the deploy PR, and closes those it replaces. */
export async function openDeploy(world: World, deployId: number): Promise<void> {
  const result = await world.records.locked(`deploy:${deployId}`, async () => {
    const deploy = await world.records.deploys.get(deployId);
    if (deploy === null) return;
    const view = await deployView(world, deploy);
    if (deploy.state.kind === 'open') return opened(world, deploy, deploy.state.pullRequest, view.approvers);
    if (deploy.state.kind !== 'preparing') return;
    const proposed = await world.github.proposeFiles(deploy.staging, {
      branch: `stratobot/${world.catalogue.instance}/deploy-${deploy.id}`,
      title: deployTitle(view),
      body: fitBody(deployBody(view)),
      message: `${deployTitle(view)}\n\nDigest: sha256:${deploy.digest}`,
      files: await stagingFiles(world, deploy),
    });
    const open = await moveDeploy(world, deploy, {
      kind: 'open',
      since: world.clock.now(),
      pullRequest: proposed.number,
      commit: proposed.commit,
    });
    if (open === null) return;
    await opened(world, open, proposed.number, view.approvers);
  });
  if (result === 'busy') await world.queue.add({ kind: 'deploy', deployId }, { delayMs: 1_000 });
}

/** What follows an open deploy PR; safe to repeat. */
async function opened(world: World, deploy: Deploy, pullRequest: number, approvers: string): Promise<void> {
  await supersedeOlder(world, deploy);
  await tell(world, deploy, 'opened', say.putUp(deploy, pullRequest, approvers));
}

/** A sentence about a deploy on the software pull request, and the status comments brought up to date. */
export async function tell(world: World, deploy: Deploy, moment: string, body: string): Promise<void> {
  await reply(world, {
    key: `deploy:${deploy.id}:${moment}`,
    repo: deploy.repo,
    number: deploy.pullRequest,
    body,
  });
  await refreshStatus(world, deploy);
}

/** Status comments of the requests whose artifacts a deploy holds. */
export async function refreshStatus(world: World, deploy: Deploy): Promise<void> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const requests = new Set<number>();
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    if (build) requests.add(build.requestId);
  }
  for (const requestId of requests) await world.queue.add({ kind: 'status', requestId });
}

async function deployView(world: World, deploy: Deploy) {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const rows = [];
  for (const entry of deploy.artifacts) {
    const artifact = artifacts.find((candidate) => candidate.id === entry.artifactId);
    const build = artifact && (await world.records.builds.get(artifact.buildId));
    if (!artifact || build?.state.kind !== 'succeeded') continue;
    rows.push({
      target: entry.target,
      artifact,
      tests: build.state.tests,
      pool: build.pool,
      buildId: build.id,
    });
  }
  const rule = world.served.get(deploy.repo)?.permissions.rules.approve;
  const approvers = rule ? whoMay(rule) : 'nobody';
  return { deploy, rows, approvers };
}

/** The record a staging repository keeps: the metadata of each tarball, and what was approved as a whole. */
async function stagingFiles(world: World, deploy: Deploy): Promise<Record<string, string>> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map((entry) => entry.artifactId));
  const folder = `approved/${deploy.repo}/pr-${deploy.pullRequest}/deploy-${deploy.id}`;
  const files: Record<string, string> = {};
  for (const artifact of artifacts) {
    const build = await world.records.builds.get(artifact.buildId);
    const request = build && (await world.records.requests.get(build.requestId));
    if (!request) continue;
    files[`${folder}/${artifact.name}.meta.txt`] = metadataOf(world, artifact, request);
  }
  const { repo, pullRequest, headSha, digest, requestedBy, author } = deploy;
  files[`${folder}/deploy.json`] =
    `${JSON.stringify({ deploy: deploy.id, instance: world.catalogue.instance, repo, pullRequest, headSha, digest: `sha256:${digest}`, requestedBy, author, artifacts: deploy.artifacts }, null, 2)}\n`;
  return files;
}

async function supersedeOlder(world: World, newest: Deploy): Promise<void> {
  for (const older of await world.records.deploys.ofPullRequest(newest.repo, newest.pullRequest)) {
    if (older.id >= newest.id || older.artifacts[0]?.repository !== newest.artifacts[0]?.repository) continue;
    if (older.state.kind !== 'open' && older.state.kind !== 'preparing') continue;
    const pullRequest = older.state.kind === 'open' ? older.state.pullRequest : null;
    const moved = await moveDeploy(world, older, {
      kind: 'superseded',
      at: world.clock.now(),
      pullRequest,
      by: newest.id,
    });
    if (moved && pullRequest !== null) await world.github.closePullRequest(older.staging, pullRequest);
  }
}
