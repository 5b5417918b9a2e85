import { testsFailed } from '../domain/build.ts';
import { type Deploy, type DeployItem, deployManifest } from '../domain/deploy.ts';
import { targetName } from '../domain/target.ts';
import * as say from '../messages/deploy-replies.ts';
import type { PullRequest } from '../ports.ts';
import { refuseTargets } from './ask-permission.ts';
import { auditDeploy } from './audit-deploy.ts';
import { type Built, newestBuilt } from './newest-built.ts';
import { sha256 } from './post.ts';
import type { ServedRepository, World } from './world.ts';

/** Who asked for a deploy, and the identity of the asking: `comment:<id>` or `label:<delivery>`. */
export interface DeployAsk {
  pull: PullRequest;
  by: string;
  source: string;
  /** Files that the repository has may be replaced; so they may where the pull request has easystacks of rebuilds. */
  rebuild: boolean;
  /** Why failed tests do not matter, where somebody with the right says so. */
  despiteTests: string | null;
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
  if (pull.draft) return [say.draft()];
  const { built, absent } = await newestBuilt(world, pull);
  const answers = absent.length === 0 ? [] : [say.notInStore(absent, built.length > 0)];
  if (built.length === 0 && absent.length > 0) return answers;
  if (built.length === 0) {
    const requests = await world.records.requests.ofPullRequest(pull.repo, pull.number);
    const ofHead = requests.some((request) => request.headSha === pull.headSha);
    const known = ofHead ? 'this commit' : requests.length > 0 ? 'older commits' : 'nothing';
    return [say.nothingToDeploy(pull.headSha, known)];
  }
  const targets = built.map(({ build }) => build.repository);
  const action = ask.despiteTests === null ? 'deploy' : 'despite_tests';
  const refused = await refuseTargets(world, served, action, { repo: pull.repo, by: ask.by }, targets);
  if (refused !== null) return [refused];
  const failed = [...new Set(built.map(({ build }) => build))].filter(testsFailed);
  if (failed.length > 0 && ask.despiteTests === null) return [say.testsStop(failed)];
  const despiteTests =
    failed.length === 0 || ask.despiteTests === null ? null : { by: ask.by, reason: ask.despiteTests };
  for (const [repository, rows] of Map.groupBy(built, (row) => row.repository)) {
    const rebuild = ask.rebuild || rows.some(({ rebuilds }) => rebuilds);
    const items = rows.map(item);
    const manifest = deployManifest(
      { repo: pull.repo, pullRequest: pull.number, headSha: pull.headSha, rebuild },
      items,
    );
    const digest = sha256(manifest);
    const before = await publishedBefore(world, pull, digest);
    if (before !== null) {
      answers.push(say.alreadyUp(before, repository));
      continue;
    }
    const { deploy, created } = await world.records.deploys.create({
      repo: pull.repo,
      pullRequest: pull.number,
      headSha: pull.headSha,
      author: pull.author.login,
      requestedBy: ask.by,
      earlierAskers: [],
      source: ask.source,
      digest,
      artifacts: items,
      rebuild,
      despiteTests,
      staging: served.staging,
      createdAt: world.clock.now(),
    });
    if (created) {
      await auditDeploy(world, deploy, ask.by, 'deploy-requested', {
        source: ask.source,
        manifest,
        despiteTests,
      });
    } else if (deploy.source !== ask.source) {
      answers.push(say.alreadyUp(deploy, repository));
    }
    await world.queue.add({ kind: 'deploy', deployId: deploy.id });
  }
  return answers;
}

function item({ build, artifact, repository }: Built): DeployItem {
  const { id, name, sha256: digest, bytes, key } = artifact;
  return { artifactId: id, name, sha256: digest, bytes, key, target: targetName(build.target), repository };
}

/** A deploy of exactly these bytes that was published. */
async function publishedBefore(world: World, pull: PullRequest, digest: string): Promise<Deploy | null> {
  const deploys = await world.records.deploys.ofPullRequest(pull.repo, pull.number);
  return deploys.find((deploy) => deploy.digest === digest && deploy.state.kind === 'published') ?? null;
}
