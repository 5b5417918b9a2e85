import type { Account, Comment, Issue, IssueEvent, Json, Label, Reaction, Repository } from '../model.ts';
import type { World } from '../world.ts';
import { renderApp } from './app.ts';
import { nodeId } from './ids.ts';
import { htmlUrl, repositoryUrl } from './repository.ts';
import { renderUser } from './user.ts';

/** How GitHub describes an author's tie to the repository. */
export function association(world: World, repo: Repository, author: Account): string {
  if (author.id === repo.owner.id) return 'OWNER';
  const teams = [...world.teams].filter(([slug]) => slug.startsWith(`${repo.owner.login.toLowerCase()}/`));
  const login = author.login.toLowerCase();
  if (teams.some(([, members]) => members.has(login))) return 'MEMBER';
  return repo.permissions.has(login) ? 'COLLABORATOR' : 'NONE';
}

export function renderLabel(world: World, repo: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${repositoryUrl(world, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

/** A line of an issue's history; of its events the double keeps those of labels, and its end. */
export function renderIssueEvent(
  world: World,
  issue: Issue,
  { id, event, actor, label, at }: IssueEvent,
): Json {
  return {
    id,
    node_id: nodeId('LE', id),
    url: `${repositoryUrl(world, issue.repo)}/issues/events/${id}`,
    actor: renderUser(world, actor),
    event,
    commit_id: null,
    commit_url: null,
    created_at: at,
    ...(label === null ? {} : { label: { name: label.name, color: label.color } }),
    performed_via_github_app: null,
  };
}

/** An issue; pull requests are issues with a `pull_request`. */
export function renderIssue(world: World, issue: Issue): Json {
  const { repo, pull } = issue;
  const api = `${repositoryUrl(world, repo)}/issues/${issue.number}`;
  const page = `${htmlUrl(world, repo)}/${pull === null ? 'issues' : 'pull'}/${issue.number}`;
  const pullFields = pull === null ? {} : { draft: pull.draft, pull_request: pullLinks(world, issue, page) };
  return {
    url: api,
    repository_url: repositoryUrl(world, repo),
    labels_url: `${api}/labels{/name}`,
    comments_url: `${api}/comments`,
    events_url: `${api}/events`,
    html_url: page,
    id: issue.id,
    node_id: nodeId('I', issue.id),
    number: issue.number,
    title: issue.title,
    user: renderUser(world, issue.author),
    labels: issue.labels.map((label) => renderLabel(world, repo, label)),
    state: issue.state,
    state_reason: issue.state === 'closed' && pull === null ? 'completed' : null,
    locked: false,
    assignee: issue.assignees[0] === undefined ? null : renderUser(world, issue.assignees[0]),
    assignees: issue.assignees.map((account) => renderUser(world, account)),
    milestone: null,
    comments: issue.comments.length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    author_association: association(world, repo, issue.author),
    active_lock_reason: null,
    body: issue.body,
    reactions: reactionSummary(`${api}/reactions`, []),
    timeline_url: `${api}/timeline`,
    performed_via_github_app: issue.viaApp ? renderApp(world) : null,
    ...pullFields,
  };
}

function pullLinks(world: World, issue: Issue, page: string): Json {
  return {
    url: `${repositoryUrl(world, issue.repo)}/pulls/${issue.number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: issue.pull?.merged?.at ?? null,
  };
}

export function renderComment(world: World, comment: Comment): Json {
  const { issue } = comment;
  const api = `${repositoryUrl(world, issue.repo)}/issues`;
  const page = `${htmlUrl(world, issue.repo)}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`;
  return {
    url: `${api}/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${api}/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: renderUser(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(world, issue.repo, comment.author),
    body: comment.body,
    reactions: reactionSummary(`${api}/comments/${comment.id}/reactions`, comment.reactions),
    performed_via_github_app: comment.viaApp ? renderApp(world) : null,
  };
}

export function renderReaction(world: World, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: nodeId('REA', reaction.id),
    user: renderUser(world, reaction.author),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}

export const reactionContents = [
  '+1',
  '-1',
  'laugh',
  'hooray',
  'confused',
  'heart',
  'rocket',
  'eyes',
] as const;

function reactionSummary(url: string, reactions: readonly Reaction[]): Json {
  const count = (content: string) => reactions.filter((reaction) => reaction.content === content).length;
  const counts = Object.fromEntries(reactionContents.map((content) => [content, count(content)]));
  return { url, total_count: reactions.length, ...counts };
}
