/** Pull requests: open, read, change, merge. */
import { editIssue, setState } from '../actions/issues.ts';
import { type MergeMethod, mergePull, openPull, type PullRequest } from '../actions/pulls.ts';
import { invalid } from '../errors.ts';
import { changedFiles, unifiedDiff } from '../git-diff.ts';
import type { Repository } from '../model.ts';
import { renderChangedFile, renderCommit } from '../render/git.ts';
import { renderPull, renderPullSummary, renderReview } from '../render/pull.ts';
import { isPull, type World } from '../world.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  created,
  idParam,
  ok,
  optionalText,
  paged,
  type Route,
  text,
} from './route.ts';

const read = 'pull_requests:read';
const write = 'pull_requests:write';
const base = '/repos/{owner}/{repo}/pulls';

export const pullRoutes: readonly Route[] = [
  { method: 'GET', template: base, needs: read, handle: list },
  { method: 'POST', template: base, needs: write, handle: create },
  { method: 'GET', template: `${base}/{pull_number}`, needs: read, handle: get },
  { method: 'PATCH', template: `${base}/{pull_number}`, needs: write, handle: update },
  { method: 'GET', template: `${base}/{pull_number}/files`, needs: read, handle: listFiles },
  { method: 'GET', template: `${base}/{pull_number}/commits`, needs: read, handle: listCommits },
  {
    method: 'GET',
    template: `${base}/{pull_number}/reviews`,
    needs: read,
    handle: (request) => {
      const issue = pullOf(request);
      return paged(request, issue.pull.reviews, (review) => renderReview(request.world, issue, review));
    },
  },
  // GitHub wants write access to contents for this one, not to pull requests.
  { method: 'PUT', template: `${base}/{pull_number}/merge`, needs: 'contents:write', handle: merge },
];

function pullOf(request: ApiRequest): PullRequest {
  return request.world.pull(request.repo, idParam(request, 'pull_number'));
}

function list(request: ApiRequest): ApiAnswer {
  const { query, repo, world } = request;
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const baseRef = query.get('base');
  const found = [...repo.issues.values()]
    .filter(isPull)
    .filter(
      (issue) =>
        (state === 'all' || issue.state === state) &&
        (baseRef === null || issue.pull.base.ref === baseRef) &&
        (head === null || head === `${issue.pull.head.repo.owner.login}:${issue.pull.head.ref}`),
    );
  const oldestFirst = query.get('direction') === 'asc';
  return paged(request, oldestFirst ? found : found.toReversed(), (issue) => renderPullSummary(world, issue));
}

async function create(request: ApiRequest): Promise<ApiAnswer> {
  const { act, body, repo, world } = request;
  const { headRepo, headRef } = headOf(world, repo, text(body, 'head'));
  const issue = await openPull(act, repo, {
    title: text(body, 'title'),
    body: optionalText(body, 'body') ?? null,
    headRepo,
    headRef,
    baseRef: text(body, 'base'),
    draft: body.draft === true,
  });
  return created(renderPull(world, issue));
}

/** `branch`, or `owner:branch` of a fork. */
function headOf(world: World, repo: Repository, head: string): { headRepo: Repository; headRef: string } {
  const [owner, ref] = head.includes(':') ? (head.split(':') as [string, string]) : [repo.owner.login, head];
  const family = [...world.repositories.values()].filter((one) => one === repo || one.forkOf === repo);
  const headRepo = family.find((one) => one.owner.login.toLowerCase() === owner.toLowerCase());
  if (headRepo === undefined) throw invalid('PullRequest', 'head', 'invalid');
  return { headRepo, headRef: ref };
}

async function get(request: ApiRequest): Promise<ApiAnswer> {
  const issue = pullOf(request);
  if (!request.accept.includes('diff')) return ok(renderPull(request.world, issue));
  const { from, head } = await range(issue);
  const diff = await unifiedDiff(request.repo.git, from, head);
  return { status: 200, raw: { type: 'application/vnd.github.diff; charset=utf-8', data: diff } };
}

function update(request: ApiRequest): ApiAnswer {
  const { act, body, world } = request;
  const issue = pullOf(request);
  const title = optionalText(body, 'title');
  const newBody = optionalText(body, 'body');
  editIssue(act, issue, {
    ...(title === undefined ? {} : { title }),
    ...(newBody === undefined ? {} : { body: newBody }),
  });
  const state = optionalText(body, 'state');
  if (state === 'open' || state === 'closed') setState(act, issue, state);
  return ok(renderPull(world, issue));
}

/** The commits a pull request spans: from where it left the base to its head. */
async function range(issue: PullRequest): Promise<{ from: string; head: string }> {
  const { base: into, head } = issue.pull;
  return { from: (await issue.repo.git.mergeBase(into.sha, head.sha)) ?? into.sha, head: head.sha };
}

async function listFiles(request: ApiRequest): Promise<ApiAnswer> {
  const { from, head } = await range(pullOf(request));
  const files = await changedFiles(request.repo.git, from, head);
  return paged(request, files, (file) => renderChangedFile(request.world, request.repo, head, file));
}

async function listCommits(request: ApiRequest): Promise<ApiAnswer> {
  const { from, head } = await range(pullOf(request));
  const commits = await request.repo.git.log(['--reverse', `${from}..${head}`]);
  return paged(request, commits, (commit) => renderCommit(request.world, request.repo, commit));
}

async function merge(request: ApiRequest): Promise<ApiAnswer> {
  const { act, body } = request;
  const expected = optionalText(body, 'sha');
  const title = optionalText(body, 'commit_title');
  const message = optionalText(body, 'commit_message');
  const method = optionalText(body, 'merge_method') as MergeMethod | undefined;
  const sha = await mergePull(act, pullOf(request), {
    ...(expected === undefined ? {} : { expected }),
    ...(title === undefined ? {} : { title }),
    ...(message === undefined ? {} : { message }),
    ...(method === undefined ? {} : { method }),
  });
  return ok({ sha, merged: true, message: 'Pull Request successfully merged' });
}
