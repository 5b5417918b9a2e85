/** What can happen to issues, comments and labels; pull requests are issues here too. */
import type { Act } from '../act.ts';
import { invalid } from '../errors.ts';
import type { Comment, Issue, IssueEvent, Label, Reaction, Repository } from '../model.ts';
import { renderComment, renderIssue, renderLabel } from '../render/issue.ts';
import { renderPull } from '../render/pull.ts';
import { isPull } from '../world.ts';

/** GitHub refuses longer texts in issues, pull requests, comments and reviews. */
const longestBody = 65_536;

export function checkBody(resource: string, body: string | null): void {
  if (body !== null && [...body].length > longestBody) {
    throw invalid(resource, 'body', 'custom', `body is too long (maximum is ${longestBody} characters)`);
  }
}

export function nextNumber(repo: Repository): number {
  repo.lastNumber += 1;
  return repo.lastNumber;
}

/** Raises `issues` or `pull_request`, whichever it is. */
export function raiseIssueEvent(
  act: Act,
  issue: Issue,
  action: string,
  extra: Record<string, unknown> = {},
): void {
  if (isPull(issue)) {
    const pull_request = renderPull(act.world, issue);
    act.raise(issue.repo, 'pull_request', { action, number: issue.number, pull_request, ...extra });
  } else {
    act.raise(issue.repo, 'issues', { action, issue: renderIssue(act.world, issue), ...extra });
  }
}

/** Notes that an issue changed, for its `updated_at` and for whoever waits. */
export function touch(act: Act, issue: Issue): void {
  issue.updatedAt = act.world.now();
  act.world.changed(isPull(issue) ? 'pull-request' : 'issue', issue);
}

export function openIssue(act: Act, repo: Repository, draft: { title: string; body: string | null }): Issue {
  checkBody('Issue', draft.body);
  const now = act.world.now();
  const issue: Issue = {
    id: act.world.nextId(),
    repo,
    number: nextNumber(repo),
    author: act.actor,
    viaApp: act.viaApp,
    title: draft.title,
    body: draft.body,
    state: 'open',
    labels: [],
    events: [],
    assignees: [],
    comments: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    pull: null,
  };
  repo.issues.set(issue.number, issue);
  raiseIssueEvent(act, issue, 'opened');
  touch(act, issue);
  return issue;
}

/** Changes title or body. */
export function editIssue(act: Act, issue: Issue, change: { title?: string; body?: string | null }): void {
  const changes: Record<string, { from: string }> = {};
  if (change.title !== undefined && change.title !== issue.title) {
    changes.title = { from: issue.title };
    issue.title = change.title;
  }
  if (change.body !== undefined && change.body !== issue.body) {
    checkBody(isPull(issue) ? 'PullRequest' : 'Issue', change.body);
    changes.body = { from: issue.body ?? '' };
    issue.body = change.body;
  }
  if (Object.keys(changes).length === 0) return;
  raiseIssueEvent(act, issue, 'edited', { changes });
  touch(act, issue);
}

export function setState(act: Act, issue: Issue, state: 'open' | 'closed'): void {
  if (issue.state === state) return;
  if (state === 'open' && issue.pull?.merged)
    throw invalid('PullRequest', 'state', 'invalid', 'it is merged');
  issue.state = state;
  issue.closedAt = state === 'closed' ? act.world.now() : null;
  if (issue.closedAt !== null) remember(act, issue, 'closed', null, issue.closedAt);
  raiseIssueEvent(act, issue, state === 'closed' ? 'closed' : 'reopened');
  touch(act, issue);
}

export function addComment(act: Act, issue: Issue, { body, at }: { body: string; at?: Date }): Comment {
  if (body.trim() === '') throw invalid('IssueComment', 'body', 'missing_field');
  checkBody('IssueComment', body);
  const now = at === undefined ? act.world.now() : `${at.toISOString().slice(0, 19)}Z`;
  const comment: Comment = {
    id: act.world.nextId(),
    issue,
    author: act.actor,
    viaApp: act.viaApp,
    body,
    createdAt: now,
    updatedAt: now,
    edits: [],
    reactions: [],
  };
  issue.comments.push(comment);
  raiseCommentEvent(act, comment, 'created');
  act.world.changed('comment', comment);
  return comment;
}

export function editComment(act: Act, comment: Comment, body: string): void {
  checkBody('IssueComment', body);
  const from = comment.body;
  comment.edits.push(from);
  comment.body = body;
  comment.updatedAt = act.world.now();
  raiseCommentEvent(act, comment, 'edited', { changes: { body: { from } } });
  act.world.changed('comment-edited', comment);
}

export function deleteComment(act: Act, comment: Comment): void {
  const at = comment.issue.comments.indexOf(comment);
  if (at < 0) return;
  comment.issue.comments.splice(at, 1);
  raiseCommentEvent(act, comment, 'deleted');
  act.world.changed('comment-deleted', comment);
}

function raiseCommentEvent(
  act: Act,
  comment: Comment,
  action: string,
  extra: Record<string, unknown> = {},
): void {
  const issue = renderIssue(act.world, comment.issue);
  act.raise(comment.issue.repo, 'issue_comment', {
    action,
    issue,
    comment: renderComment(act.world, comment),
    ...extra,
  });
}

/** The comment with an id, wherever in the repository. */
export function findComment(repo: Repository, id: number): Comment | undefined {
  return [...repo.issues.values()].flatMap((issue) => issue.comments).find((comment) => comment.id === id);
}

/** Reacts once per person and content; `isNew` says whether this was the first time. */
export function react(act: Act, comment: Comment, content: string): { reaction: Reaction; isNew: boolean } {
  const known = comment.reactions.find(
    (given) => given.author.id === act.actor.id && given.content === content,
  );
  if (known !== undefined) return { reaction: known, isNew: false };
  const reaction: Reaction = {
    id: act.world.nextId(),
    author: act.actor,
    content,
    createdAt: act.world.now(),
  };
  comment.reactions.push(reaction);
  act.world.changed('comment-edited', comment);
  return { reaction, isNew: true };
}

/** Adds labels that are not there yet; unknown ones are made, as GitHub does. */
export function addLabels(act: Act, issue: Issue, names: readonly string[], at = act.world.now()): void {
  for (const name of names) {
    if (issue.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())) continue;
    const label = labelOf(act, issue.repo, name);
    issue.labels.push(label);
    remember(act, issue, 'labeled', label, at);
    raiseIssueEvent(act, issue, 'labeled', { label: renderLabel(act.world, issue.repo, label) });
    issue.updatedAt = act.world.now();
    act.world.changed('label', issue);
  }
}

/** Removes a label; false when it was not there. */
export function removeLabel(act: Act, issue: Issue, name: string): boolean {
  const at = issue.labels.findIndex((label) => label.name.toLowerCase() === name.toLowerCase());
  const [label] = at < 0 ? [] : issue.labels.splice(at, 1);
  if (label === undefined) return false;
  remember(act, issue, 'unlabeled', label, act.world.now());
  raiseIssueEvent(act, issue, 'unlabeled', { label: renderLabel(act.world, issue.repo, label) });
  issue.updatedAt = act.world.now();
  act.world.changed('label', issue);
  return true;
}

function remember(act: Act, issue: Issue, event: IssueEvent['event'], label: Label | null, at: string): void {
  issue.events.push({ id: act.world.nextId(), event, actor: act.actor, label, at });
}

function labelOf(act: Act, repo: Repository, name: string): Label {
  const known = repo.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const label: Label = { id: act.world.nextId(), name, color: 'ededed', description: '' };
  repo.labels.set(name.toLowerCase(), label);
  return label;
}
