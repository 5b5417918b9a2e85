import { judgeReview } from '../domain/approval.ts';
import type { Deploy } from '../domain/deploy.ts';
import type { ClosedEvent, ReviewEvent } from '../domain/events.ts';
import { whoMay } from '../domain/permission.ts';
import * as say from '../messages/deploy-replies.ts';
import { askPermission } from './ask-permission.ts';
import { moveDeploy } from './move-deploy.ts';
import { answerOnDeploy, refreshStatus, tell } from './tell-deploy.ts';
import type { World } from './world.ts';

/** A review on a deploy PR: the second pair of eyes, or somebody who may not be it and is told why. */
export async function reviewDeploy(world: World, event: ReviewEvent): Promise<string> {
  const deploy = await world.records.deploys.byPullRequest(event.repo, event.number);
  if (deploy === null) return 'not a deploy PR';
  if ('approval' in deploy.state && deploy.state.approval.reviewId === event.reviewId) {
    await approvalFollows(world, deploy, event);
    return 'approved before';
  }
  const served = world.served.get(deploy.repo);
  if (!served) return 'the software repository is not served any more';

  if (event.state !== 'approved') return `a review that is ${event.state}`;

  const [pull, permission] = await Promise.all([
    world.github.pullRequest(event.repo, event.number),
    askPermission(world, served, 'approve', deploy.repo, event.reviewer),
  ]);
  const verdict = judgeReview({
    review: { ...event, id: event.reviewId, state: event.state },
    deploy,
    headCommit: pull?.headSha ?? '',
    reviewerMayApprove: permission.kind === 'allowed',
    approvers: whoMay(served.permissions.rules.approve),
  });
  if (verdict.kind === 'ignored') return `a review that is ${verdict.reason}`;

  const at = world.clock.now();
  const { login } = event.reviewer;
  const accepted = verdict.kind === 'counts';
  const reason = accepted ? 'counts' : verdict.sentence;
  const { reviewId, commit } = event;
  await world.records.deploys.recordReview(deploy.id, {
    reviewId,
    reviewer: login,
    commit,
    accepted,
    reason,
    at,
  });
  await world.records.audit.append({
    at,
    actor: login,
    action: accepted ? 'approval-counted' : 'approval-refused',
    subject: `deploy:${deploy.id}`,
    evidence: { reviewId, commit, digest: deploy.digest, reason },
  });
  if (!accepted) {
    await answerOnDeploy(
      world,
      deploy,
      `review:${reviewId}`,
      event.number,
      say.approvalRefused(login, verdict.sentence),
    );
    return `refused: ${verdict.code}`;
  }
  const approved = await moveDeploy(world, deploy, {
    kind: 'approved',
    at,
    pullRequest: event.number,
    commit,
    approval: verdict.approval,
  });
  if (approved === null) return 'somebody else decided first';
  await approvalFollows(world, approved, event);
  return 'approved';
}

/** What an approval sets going; safe to repeat, so that a crash right after the decision loses nothing. */
async function approvalFollows(world: World, deploy: Deploy, event: ReviewEvent): Promise<void> {
  await world.queue.add({ kind: 'ingest', deployId: deploy.id });
  await answerOnDeploy(
    world,
    deploy,
    `review:${event.reviewId}`,
    event.number,
    say.approvalCounted(deploy, event.reviewer.login),
  );
  await refreshStatus(world, deploy);
}

/** A deploy PR was closed or merged: by the bot on its way to ingest, or by a person, which rejects the deploy. */
export async function deployPullRequestClosed(world: World, event: ClosedEvent): Promise<string> {
  const deploy = await world.records.deploys.byPullRequest(event.repo, event.number);
  if (deploy?.state.kind === 'rejected') {
    await sayRejected(world, deploy, event);
    return 'rejected before';
  }
  if (deploy?.state.kind !== 'open') return 'nothing waits in this pull request';
  const reason = event.merged ? 'merged by hand, without an approval that counts' : 'closed';
  const rejected = await moveDeploy(world, deploy, {
    kind: 'rejected',
    at: world.clock.now(),
    pullRequest: event.number,
    by: event.by.login,
    reason,
  });
  if (rejected === null) return 'somebody else decided first';
  await world.records.audit.append({
    at: world.clock.now(),
    actor: event.by.login,
    action: 'deploy-rejected',
    subject: `deploy:${deploy.id}`,
    evidence: { merged: event.merged, digest: deploy.digest },
  });
  await sayRejected(world, rejected, event);
  return `rejected: ${reason}`;
}

async function sayRejected(world: World, deploy: Deploy, event: ClosedEvent): Promise<void> {
  const body = say.rejected(deploy, event.number, event.by.login, event.merged);
  await answerOnDeploy(world, deploy, 'closed', event.number, body);
  await tell(world, deploy, 'rejected', body);
}
