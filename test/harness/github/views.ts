/** What tests and the demo see of the world: plain copies, safe to keep. */
import type { Annotation, CheckRun, Comment, Issue, Pull, Review, ReviewState } from './model.ts';
import { fullName } from './world.ts';

export interface CommentView {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The bodies it had before, oldest first. */
  readonly edits: readonly string[];
  readonly reactions: readonly { author: string; content: string }[];
}

export interface ReviewView {
  readonly id: number;
  readonly author: string;
  readonly state: ReviewState;
  readonly body: string;
  readonly commitId: string;
}

export interface IssueView {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: string;
  readonly state: 'open' | 'closed';
  readonly labels: readonly string[];
}

export interface PullView extends IssueView {
  readonly draft: boolean;
  readonly merged: boolean;
  readonly mergedBy: string | null;
  readonly mergeCommit: string | null;
  readonly head: { readonly repo: string; readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly reviews: readonly ReviewView[];
}

export interface CheckRunView {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly startedAt: string;
  readonly completedAt: string | null;
  readonly detailsUrl: string | null;
  readonly externalId: string;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly annotations: readonly Annotation[];
  /** Labels of its buttons. */
  readonly actions: readonly string[];
}

export function viewComment(comment: Comment): CommentView {
  const { id, author, body, createdAt, updatedAt, edits, reactions } = comment;
  const shown = reactions.map((one) => ({ author: one.author.login, content: one.content }));
  return { id, author: author.login, body, createdAt, updatedAt, edits: [...edits], reactions: shown };
}

export function viewReview(review: Review): ReviewView {
  const { id, author, state, body, commitId } = review;
  return { id, author: author.login, state, body, commitId };
}

export function viewIssue(issue: Issue): IssueView {
  const { number, title, body, author, state, labels } = issue;
  return { number, title, body, author: author.login, state, labels: labels.map((label) => label.name) };
}

export function viewPull(issue: Issue & { readonly pull: Pull }): PullView {
  const { pull } = issue;
  return {
    ...viewIssue(issue),
    draft: pull.draft,
    merged: pull.merged !== null,
    mergedBy: pull.merged?.by.login ?? null,
    mergeCommit: pull.merged?.sha ?? null,
    head: { repo: fullName(pull.head.repo), ref: pull.head.ref, sha: pull.head.sha },
    base: { ...pull.base },
    reviews: pull.reviews.map(viewReview),
  };
}

export function viewCheckRun(check: CheckRun): CheckRunView {
  const { repo: _, suiteId: __, output, annotations, actions, ...seen } = check;
  return {
    ...seen,
    ...output,
    annotations: [...annotations],
    actions: actions.map((action) => action.label),
  };
}
