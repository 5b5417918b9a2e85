/** Reviews of pull requests. */
import type { Act } from '../act.ts';
import { invalid, refused } from '../errors.ts';
import type { Review, ReviewState } from '../model.ts';
import { renderPullSummary, renderReview } from '../render/pull.ts';
import { checkBody } from './issues.ts';
import type { PullRequest } from './pulls.ts';

/** Submits a review. Nobody approves or refuses their own pull request. */
export function submitReview(
  act: Act,
  issue: PullRequest,
  draft: { state: Exclude<ReviewState, 'DISMISSED'>; body: string; commitId: string },
): Review {
  checkBody('PullRequestReview', draft.body);
  if (draft.state !== 'COMMENTED' && act.actor.id === issue.author.id) {
    const verb = draft.state === 'APPROVED' ? 'approve' : 'request changes on';
    throw refused(422, 'Unprocessable Entity', [`Review Can not ${verb} your own pull request`]);
  }
  if (draft.state !== 'APPROVED' && draft.body === '')
    throw invalid('PullRequestReview', 'body', 'missing_field');
  const review: Review = {
    id: act.world.nextId(),
    author: act.actor,
    state: draft.state,
    body: draft.body,
    commitId: draft.commitId,
    submittedAt: act.world.now(),
  };
  issue.pull.reviews.push(review);
  raise(act, issue, review, 'submitted');
  return review;
}

export function dismissReview(act: Act, issue: PullRequest, review: Review): void {
  if (review.state === 'COMMENTED') throw refused(422, 'Can not dismiss a commented pull request review');
  review.state = 'DISMISSED';
  raise(act, issue, review, 'dismissed');
}

function raise(act: Act, issue: PullRequest, review: Review, action: string): void {
  const rendered = renderReview(act.world, issue, review);
  act.raise(issue.repo, 'pull_request_review', {
    action,
    review: { ...rendered, state: review.state.toLowerCase(), updated_at: act.world.now() },
    pull_request: renderPullSummary(act.world, issue),
  });
  act.world.changed('review', review);
}
