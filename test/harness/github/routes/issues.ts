/** Issues, their comments, reactions and labels. */
import {
  addComment,
  addLabels,
  deleteComment,
  editComment,
  editIssue,
  findComment,
  openIssue,
  react,
  removeLabel,
  setState,
} from '../actions/issues.ts';
import { invalid, refused } from '../errors.ts';
import type { Comment, Issue } from '../model.ts';
import {
  reactionContents,
  renderComment,
  renderIssue,
  renderIssueEvent,
  renderLabel,
  renderReaction,
} from '../render/issue.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  created,
  idParam,
  noContent,
  ok,
  optionalText,
  paged,
  param,
  type Route,
  text,
} from './route.ts';

const read = 'issues|pull_requests:read';
const write = 'issues|pull_requests:write';
const base = '/repos/{owner}/{repo}/issues';

export const issueRoutes: readonly Route[] = [
  { method: 'GET', template: base, needs: read, handle: list },
  { method: 'POST', template: base, needs: 'issues:write', handle: create },
  { method: 'GET', template: `${base}/comments`, needs: read, handle: listComments },
  {
    method: 'GET',
    template: `${base}/{issue_number}`,
    needs: read,
    handle: (request) => ok(renderIssue(request.world, issueOf(request))),
  },
  { method: 'PATCH', template: `${base}/{issue_number}`, needs: write, handle: update },
  {
    method: 'GET',
    template: `${base}/{issue_number}/comments`,
    needs: read,
    handle: (request) =>
      paged(request, since(request, issueOf(request).comments), (one) => renderComment(request.world, one)),
  },
  {
    method: 'POST',
    template: `${base}/{issue_number}/comments`,
    needs: write,
    handle: (request) => {
      const comment = addComment(request.act, issueOf(request), { body: text(request.body, 'body') });
      return created(renderComment(request.world, comment));
    },
  },
  {
    method: 'GET',
    template: `${base}/comments/{comment_id}`,
    needs: read,
    handle: (request) => ok(renderComment(request.world, commentOf(request))),
  },
  {
    method: 'PATCH',
    template: `${base}/comments/{comment_id}`,
    needs: write,
    handle: (request) => {
      const comment = commentOf(request);
      editComment(request.act, comment, text(request.body, 'body'));
      return ok(renderComment(request.world, comment));
    },
  },
  {
    method: 'DELETE',
    template: `${base}/comments/{comment_id}`,
    needs: write,
    handle: (request) => {
      deleteComment(request.act, commentOf(request));
      return noContent;
    },
  },
  { method: 'POST', template: `${base}/comments/{comment_id}/reactions`, needs: write, handle: addReaction },
  {
    method: 'GET',
    template: `${base}/{issue_number}/events`,
    needs: read,
    handle: (request) => {
      const issue = issueOf(request);
      return paged(request, issue.events, (one) => renderIssueEvent(request.world, issue, one));
    },
  },
  { method: 'GET', template: `${base}/{issue_number}/labels`, needs: read, handle: listLabels },
  {
    method: 'POST',
    template: `${base}/{issue_number}/labels`,
    needs: write,
    handle: (request) => {
      addLabels(request.act, issueOf(request), labelNames(request.body.labels));
      return ok(labelsOf(request));
    },
  },
  {
    method: 'DELETE',
    template: `${base}/{issue_number}/labels/{name}`,
    needs: write,
    handle: (request) => {
      if (!removeLabel(request.act, issueOf(request), param(request, 'name'))) {
        throw refused(404, 'Label does not exist');
      }
      return ok(labelsOf(request));
    },
  },
];

function issueOf(request: ApiRequest): Issue {
  return request.world.issue(request.repo, idParam(request, 'issue_number'));
}

function commentOf(request: ApiRequest): Comment {
  const comment = findComment(request.repo, idParam(request, 'comment_id'));
  if (comment === undefined) throw refused(404, 'Not Found');
  return comment;
}

function since(request: ApiRequest, comments: readonly Comment[]): readonly Comment[] {
  const time = request.query.get('since');
  return time === null ? comments : comments.filter((one) => Date.parse(one.updatedAt) >= Date.parse(time));
}

/** Of all issues and pull requests of the repository, oldest first. */
function listComments(request: ApiRequest): ApiAnswer {
  const all = [...request.repo.issues.values()].flatMap((issue) => issue.comments);
  const found = since(request, all).toSorted((a, b) => a.id - b.id);
  return paged(request, found, (one) => renderComment(request.world, one));
}

/** Newest first, pull requests among them, as GitHub does. */
function list(request: ApiRequest): ApiAnswer {
  const { query, repo, world } = request;
  const [creator, state] = [query.get('creator'), query.get('state') ?? 'open'];
  const found = [...repo.issues.values()]
    .filter((issue) => creator === null || issue.author.login === creator)
    .filter((issue) => state === 'all' || issue.state === state)
    .reverse();
  return paged(request, found, (issue) => renderIssue(world, issue));
}

function create(request: ApiRequest): ApiAnswer {
  const { act, world, repo, body } = request;
  const draft = { title: text(body, 'title'), body: optionalText(body, 'body') ?? null };
  const issue = openIssue(act, repo, draft);
  addLabels(act, issue, labelNames(body.labels));
  return created(renderIssue(world, issue));
}

function update(request: ApiRequest): ApiAnswer {
  const { act, world, body } = request;
  const issue = issueOf(request);
  const title = optionalText(body, 'title');
  const bodyChange = body.body === undefined ? {} : { body: optionalText(body, 'body') ?? null };
  editIssue(act, issue, { ...(title === undefined ? {} : { title }), ...bodyChange });
  if (body.labels !== undefined) {
    const wanted = labelNames(body.labels);
    const unwanted = issue.labels.map((label) => label.name).filter((name) => !wanted.includes(name));
    for (const name of unwanted) removeLabel(act, issue, name);
    addLabels(act, issue, wanted);
  }
  const state = optionalText(body, 'state');
  if (state === 'open' || state === 'closed') setState(act, issue, state);
  return ok(renderIssue(world, issue));
}

/** Labels are named by strings or by objects with a name. */
function labelNames(labels: unknown): string[] {
  if (!Array.isArray(labels)) return [];
  return labels.map((label) => String(typeof label === 'object' && label !== null ? label.name : label));
}

function labelsOf(request: ApiRequest): unknown[] {
  return issueOf(request).labels.map((label) => renderLabel(request.world, request.repo, label));
}

function listLabels(request: ApiRequest): ApiAnswer {
  return paged(request, issueOf(request).labels, (label) => renderLabel(request.world, request.repo, label));
}

function addReaction(request: ApiRequest): ApiAnswer {
  const content = text(request.body, 'content');
  if (!(reactionContents as readonly string[]).includes(content))
    throw invalid('Reaction', 'content', 'invalid');
  const { reaction, isNew } = react(request.act, commentOf(request), content);
  return { status: isNew ? 201 : 200, body: renderReaction(request.world, reaction) };
}
