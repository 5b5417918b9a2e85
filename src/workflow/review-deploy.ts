import { judgeReview, type ReviewFacts, standingApprovals } from '../domain/approval.ts';
import type { Approval, Deploy } from '../domain/deploy.ts';
import type { ClosedEvent, ReviewEvent } from '../domain/events.ts';
import { sameLogin } from '../domain/permission.ts';
import * as say from '../messages/deploy-replies.ts';
import { askApprovals } from './ask-approvals.ts';
import { auditDeploy, auditOnce } from './audit-deploy.ts';
import { moveDeploy } from './move-deploy.ts';
import { openIssue } from './open-issue.ts';
import { answerOnDeploy, refreshStatus, tell } from './tell-deploy.ts';
import type { ServedRepository, World } from './world.ts';

/**
 * A review on a deploy PR: another pair of eyes, somebody who may not be it and is told why, or somebody who takes a word back.
 * @returns 'busy' while the same review is looked at by another delivery: its webhook, and what was found when the deploy PR was put up
 */
export async function reviewDeploy(world: World, event: ReviewEvent): Promise<string> {
  return world.records.locked(`review:${event.reviewId}:${event.state}`, () => judge(world, event));
}

async function judge(world: World, event: ReviewEvent): Promise<string> {
  const deploy = await world.records.deploys.byPullRequest(event.repo, event.number);
  if (deploy === null) return 'not a deploy PR';
  const served = world.served.get(deploy.repo);
  if (!served) return 'the software repository is not served any more';
  if (event.state !== 'approved') return await takenBack(world, served, deploy, event);
  if (
    'approvals' in deploy.state &&
    deploy.state.approvals.some(({ reviewId }) => reviewId === event.reviewId)
  ) {
    await approvalFollows(world, served, deploy, event, deploy.state.approvals);
    return 'approved before';
  }

  const { login } = event.reviewer;
  const { reviewId, commit } = event;
  const audit = (action: 'approval-counted' | 'approval-refused', reason: string) =>
    auditOnce(world, deploy, action, { reviewId, commit, reason }, { actor: login, about: { reviewId } });
  const refuse = async (reason: string): Promise<void> => {
    await audit('approval-refused', reason);
    const body = say.approvalRefused(login, reason);
    await answerOnDeploy(world, deploy, `review:${reviewId}`, event.number, body);
  };
  // What was said of a review stands: when it is found again the deploy may have ended, and that is nothing against it.
  const before = (await world.records.deploys.reviews(deploy.id)).find((one) => one.reviewId === reviewId);
  if (before !== undefined && !before.accepted) {
    await refuse(before.reason);
    return 'refused before';
  }
  if (before !== undefined && deploy.state.kind !== 'open') {
    await audit('approval-counted', before.reason);
    return 'counted before';
  }

  const review: ReviewFacts = { ...event, id: reviewId };
  const asked = await askApprovals(world, served, deploy, event.number, review);
  const at = world.clock.now();
  if (before === undefined) {
    const verdict = judgeReview({ ...asked, review });
    if (verdict.kind === 'ignored') return `a review that is ${verdict.reason}`;
    const accepted = verdict.kind === 'counts';
    const reason = accepted ? 'counts' : verdict.sentence;
    await world.records.deploys.recordReview(deploy.id, {
      ...{ reviewId, reviewer: login, commit, accepted, reason, at },
    });
    if (!accepted) {
      await refuse(reason);
      return `refused: ${verdict.code}`;
    }
  }
  await audit('approval-counted', 'counts');
  const approvals = standingApprovals(asked);
  if (approvals.length < served.approvals) {
    await approvalFollows(world, served, deploy, event, approvals);
    return `approval ${approvals.length} of ${served.approvals}`;
  }
  const { number: pullRequest } = event;
  const approved = await moveDeploy(world, deploy, { kind: 'approved', at, pullRequest, commit, approvals });
  if (approved === null) return 'somebody else decided first';
  await approvalFollows(world, served, approved, event, approvals);
  return 'approved';
}

/** What an approval sets going; safe to repeat, so that a crash right after the decision loses nothing. */
async function approvalFollows(
  world: World,
  served: ServedRepository,
  deploy: Deploy,
  event: ReviewEvent,
  approvals: readonly Approval[],
): Promise<void> {
  if (deploy.state.kind !== 'open') {
    const evidence = { approvals, needed: served.approvals };
    await auditOnce(world, deploy, 'deploy-approved', evidence, { actor: event.reviewer.login });
    await world.queue.add({ kind: 'ingest', deployId: deploy.id });
  }
  const count = say.approvalCount(served.permissions.rules.approve, approvals.length, served.approvals);
  const body = say.approvalCounted(deploy, event.reviewer.login, count);
  await answerOnDeploy(world, deploy, `review:${event.reviewId}`, event.number, body);
  await refreshStatus(world, deploy);
}

/** A dismissed approval, or a change request by somebody who had approved; ingest finds out by itself once it is under way. */
async function takenBack(
  world: World,
  served: ServedRepository,
  deploy: Deploy,
  event: ReviewEvent,
): Promise<string> {
  const detail = `a review that is ${event.state}`;
  if (event.state === 'commented') return detail;
  const { login } = event.reviewer;
  const counted = (await world.records.deploys.reviews(deploy.id)).findLast(
    (review) =>
      review.accepted &&
      (event.state === 'dismissed' ? review.reviewId === event.reviewId : sameLogin(review.reviewer, login)),
  );
  if (counted === undefined || !['open', 'approved', 'ingesting'].includes(deploy.state.kind)) return detail;
  const { reviewId, state, commit } = event;
  const evidence = { reviewId, state, commit };
  const about = { reviewId, state };
  await auditOnce(world, deploy, 'approval-withdrawn', evidence, { actor: login, about });
  if (deploy.state.kind === 'open') {
    const given = standingApprovals(await askApprovals(world, served, deploy, event.number)).length;
    const count = say.approvalCount(served.permissions.rules.approve, given, served.approvals);
    const body = say.approvalWithdrawn(deploy, login, count);
    await answerOnDeploy(world, deploy, `withdrawn:${reviewId}`, event.number, body);
  }
  return 'an approval was taken back';
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
  const action = event.merged ? 'merged-by-hand' : 'deploy-rejected';
  const { commit } = deploy.state;
  await auditDeploy(world, deploy, event.by.login, action, { pullRequest: event.number, commit });
  await sayRejected(world, rejected, event);
  return `rejected: ${reason}`;
}

async function sayRejected(world: World, deploy: Deploy, event: ClosedEvent): Promise<void> {
  const body = say.rejected(deploy, event.number, event.by.login, event.merged);
  await answerOnDeploy(world, deploy, 'closed', event.number, body);
  if (event.merged) {
    await openIssue(world, {
      key: `deploy:${deploy.id}:merged-by-hand`,
      repo: deploy.staging,
      title: say.mergedByHandTitle(deploy, event.number),
      body: say.mergedByHandIssue(deploy, event.number, event.by.login),
    });
  }
  await tell(world, deploy, 'rejected', body);
}
