import type { Issue, Json, Pull, Repository, Review } from '../model.ts';
import type { World } from '../world.ts';
import { nodeId } from './ids.ts';
import { association, renderLabel } from './issue.ts';
import { htmlUrl, renderRepository, repositoryUrl } from './repository.ts';
import { renderUser } from './user.ts';

type PullRequest = Issue & { readonly pull: Pull };

function renderSide(world: World, repo: Repository, ref: string, sha: string): Json {
  return {
    label: `${repo.owner.login}:${ref}`,
    ref,
    sha,
    user: renderUser(world, repo.owner),
    repo: repo.isDeleted ? null : renderRepository(world, repo),
  };
}

/** A pull request as lists and reviews carry it. */
export function renderPullSummary(world: World, issue: PullRequest): Json {
  const { repo, pull } = issue;
  const api = `${repositoryUrl(world, repo)}/pulls/${issue.number}`;
  const issueApi = `${repositoryUrl(world, repo)}/issues/${issue.number}`;
  const page = `${htmlUrl(world, repo)}/pull/${issue.number}`;
  const statuses = `${repositoryUrl(world, repo)}/statuses/${pull.head.sha}`;
  const reviewComment = `${repositoryUrl(world, repo)}/pulls/comments{/number}`;
  return {
    url: api,
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueApi,
    number: issue.number,
    state: issue.state,
    locked: false,
    title: issue.title,
    user: renderUser(world, issue.author),
    body: issue.body,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? null,
    assignee: issue.assignees[0] === undefined ? null : renderUser(world, issue.assignees[0]),
    assignees: issue.assignees.map((account) => renderUser(world, account)),
    requested_reviewers: [],
    requested_teams: [],
    labels: issue.labels.map((label) => renderLabel(world, repo, label)),
    milestone: null,
    draft: pull.draft,
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: reviewComment,
    comments_url: `${issueApi}/comments`,
    statuses_url: statuses,
    head: renderSide(world, pull.head.repo, pull.head.ref, pull.head.sha),
    base: renderSide(world, repo, pull.base.ref, pull.base.sha),
    _links: {
      self: { href: api },
      html: { href: page },
      issue: { href: issueApi },
      comments: { href: `${issueApi}/comments` },
      review_comments: { href: `${api}/comments` },
      review_comment: { href: reviewComment },
      commits: { href: `${api}/commits` },
      statuses: { href: statuses },
    },
    author_association: association(world, repo, issue.author),
    auto_merge: null,
    active_lock_reason: null,
  };
}

/** The whole pull request. */
export function renderPull(world: World, issue: PullRequest): Json {
  const { pull } = issue;
  const open = issue.state === 'open';
  return {
    ...renderPullSummary(world, issue),
    merged: pull.merged !== null,
    mergeable: open ? pull.stats.mergeable : null,
    rebaseable: open ? pull.stats.mergeable : null,
    mergeable_state: open ? (pull.stats.mergeable ? 'clean' : 'dirty') : 'unknown',
    merged_by: pull.merged === null ? null : renderUser(world, pull.merged.by),
    comments: issue.comments.length,
    review_comments: 0,
    maintainer_can_modify: pull.head.repo.id !== issue.repo.id,
    commits: pull.stats.commits,
    additions: pull.stats.additions,
    deletions: pull.stats.deletions,
    changed_files: pull.stats.changedFiles,
  };
}

/** A review; webhooks write its state in lower case, REST in upper case. */
export function renderReview(world: World, issue: Issue, review: Review): Json {
  const page = `${htmlUrl(world, issue.repo)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  const api = `${repositoryUrl(world, issue.repo)}/pulls/${issue.number}`;
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: renderUser(world, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: api,
    author_association: association(world, issue.repo, review.author),
    _links: { html: { href: page }, pull_request: { href: api } },
    submitted_at: review.submittedAt,
    commit_id: review.commitId,
  };
}
