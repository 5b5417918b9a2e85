/** Files by path, branches, and comparisons of commits. */
import { followBranches } from '../actions/pulls.ts';
import { refused } from '../errors.ts';
import type { TreeEntry } from '../git.ts';
import { changedFiles, unifiedDiff } from '../git-diff.ts';
import type { Json } from '../model.ts';
import { renderChangedFile, renderCommit, renderGitCommit } from '../render/git.ts';
import { htmlUrl, repositoryUrl } from '../render/repository.ts';
import { identity } from './git.ts';
import { type ApiAnswer, type ApiRequest, ok, optionalText, page, param, type Route, text } from './route.ts';

const base = '/repos/{owner}/{repo}';

/** The tree without files: what a first commit is compared with. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export const contentRoutes: readonly Route[] = [
  { method: 'GET', template: `${base}/contents/{path}`, needs: 'contents:read', handle: getContents },
  { method: 'PUT', template: `${base}/contents/{path}`, needs: 'contents:write', handle: changeFile },
  { method: 'DELETE', template: `${base}/contents/{path}`, needs: 'contents:write', handle: changeFile },
  { method: 'GET', template: `${base}/branches/{branch}`, needs: 'contents:read', handle: getBranch },
  { method: 'GET', template: `${base}/commits/{ref}`, needs: 'contents:read', handle: getCommit },
  { method: 'GET', template: `${base}/compare/{basehead}`, needs: 'contents:read', handle: compare },
];

async function getContents(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, query, accept } = request;
  const ref = query.get('ref') ?? repo.defaultBranch;
  const path = param(request, 'path').replace(/\/$/, '');
  const sha = await repo.git.resolve(ref);
  if (sha === null) throw refused(404, `No commit found for the ref ${ref}`);
  const entry = path === '' ? null : await repo.git.entryAt(sha, path);
  if (path !== '' && entry === null) throw refused(404, 'Not Found');
  if (entry === null || entry.type === 'tree') {
    const entries = await repo.git.tree(entry === null ? sha : entry.sha, false);
    const prefix = path === '' ? '' : `${path}/`;
    return ok(entries.map((child) => renderEntry(request, ref, { ...child, path: prefix + child.path })));
  }
  const bytes = await repo.git.blob(entry.sha);
  if (accept.includes('raw'))
    return { status: 200, raw: { type: 'application/vnd.github.raw; charset=utf-8', data: bytes } };
  return ok({ ...renderEntry(request, ref, entry), content: bytes.toString('base64'), encoding: 'base64' });
}

function renderEntry({ world, repo }: ApiRequest, ref: string, entry: TreeEntry): Json {
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const type = entry.type === 'tree' ? 'dir' : entry.type === 'blob' ? 'file' : 'submodule';
  const url = `${repositoryUrl(world, repo)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const html = `${htmlUrl(world, repo)}/${type === 'dir' ? 'tree' : 'blob'}/${ref}/${path}`;
  const git = `${repositoryUrl(world, repo)}/git/${entry.type}s/${entry.sha}`;
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: html,
    git_url: git,
    download_url: type === 'file' ? `${htmlUrl(world, repo)}/raw/${ref}/${path}` : null,
    type,
    _links: { self: url, git, html },
  };
}

/** PUT makes or replaces a file, DELETE removes it; `sha` names the blob that must be there now. */
async function changeFile(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world, act, body } = request;
  const path = param(request, 'path');
  const branch = optionalText(body, 'branch') ?? repo.defaultBranch;
  const content = optionalText(body, 'content');
  const parent = await repo.git.resolve(`refs/heads/${branch}`);
  if (parent === null) throw refused(404, `Branch ${branch} not found`);
  const before = await repo.git.entryAt(parent, path);
  const expected = optionalText(body, 'sha');
  if (before === null && content === undefined) throw refused(404, 'Not Found');
  if (before !== null && expected === undefined)
    throw refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (expected !== undefined && expected !== before?.sha)
    throw refused(409, `${path} does not match ${expected}`);
  const blob = content === undefined ? null : await repo.git.writeBlob(Buffer.from(content, 'base64'));
  const tree = await repo.git.writeTree(parent, [{ path, mode: before?.mode ?? '100644', sha: blob }]);
  const author = identity(body.author ?? body.committer, world.identity(act.actor));
  const committer = identity(body.committer, author);
  const sha = await repo.git.writeCommit({
    tree,
    parents: [parent],
    author,
    committer,
    message: text(body, 'message'),
  });
  await repo.git.setRef(`refs/heads/${branch}`, sha, parent);
  await followBranches(act, repo);
  const commit = renderGitCommit(world, repo, await repo.git.commitInfo(sha));
  const entry = blob === null ? null : await repo.git.entryAt(sha, path);
  const shown = entry === null ? null : renderEntry(request, branch, entry);
  return { status: before === null ? 201 : 200, body: { content: shown, commit } };
}

async function getBranch(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world } = request;
  const name = param(request, 'branch');
  const sha = await repo.git.resolve(`refs/heads/${name}`);
  if (sha === null) throw refused(404, 'Branch not found');
  const api = `${repositoryUrl(world, repo)}/branches/${name}`;
  return ok({
    name,
    commit: renderCommit(world, repo, await repo.git.commitInfo(sha)),
    _links: { self: api, html: `${htmlUrl(world, repo)}/tree/${name}` },
    protected: false,
    protection: {
      enabled: false,
      required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
    },
    protection_url: `${api}/protection`,
  });
}

async function getCommit(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world } = request;
  const ref = param(request, 'ref');
  const sha = await repo.git.resolve(ref);
  if (sha === null) throw refused(422, `No commit found for SHA: ${ref}`);
  const commit = await repo.git.commitInfo(sha);
  const files = await changedFiles(repo.git, commit.parents[0] ?? emptyTree, sha);
  const sum = (what: 'additions' | 'deletions') => files.reduce((total, file) => total + file[what], 0);
  const [additions, deletions] = [sum('additions'), sum('deletions')];
  return ok({
    ...renderCommit(world, repo, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: files.map((file) => renderChangedFile(world, repo, sha, file)),
  });
}

async function compare(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world, accept } = request;
  const [from = '', to = ''] = param(request, 'basehead').split('...');
  const [baseSha, headSha] = await Promise.all([shaOf(request, from), shaOf(request, to)]);
  const common = await repo.git.mergeBase(baseSha, headSha);
  if (common === null) throw refused(404, `No common ancestor between ${from} and ${to}.`);
  if (accept.includes('diff')) {
    const diff = await unifiedDiff(repo.git, common, headSha);
    return { status: 200, raw: { type: 'application/vnd.github.diff; charset=utf-8', data: diff } };
  }
  const [commits, behind, files, baseCommit, commonCommit] = await Promise.all([
    repo.git.log(['--reverse', `${baseSha}..${headSha}`]),
    repo.git.countAhead(headSha, baseSha),
    changedFiles(repo.git, common, headSha),
    repo.git.commitInfo(baseSha),
    repo.git.commitInfo(common),
  ]);
  const ahead = commits.length;
  const status = ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical';
  const { items, headers } = page(request, commits);
  const html = `${htmlUrl(world, repo)}/compare/${param(request, 'basehead')}`;
  const body = {
    url: `${repositoryUrl(world, repo)}/compare/${param(request, 'basehead')}`,
    html_url: html,
    permalink_url: `${htmlUrl(world, repo)}/compare/${baseSha}...${headSha}`,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: renderCommit(world, repo, baseCommit),
    merge_base_commit: renderCommit(world, repo, commonCommit),
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: items.map((commit) => renderCommit(world, repo, commit)),
    files: files.map((file) => renderChangedFile(world, repo, headSha, file)),
  };
  return { status: 200, body, headers };
}

/** A side of a comparison: a ref or sha, or `owner:branch` of a fork. */
async function shaOf({ repo, world }: ApiRequest, side: string): Promise<string> {
  const [owner, branch] = side.includes(':') ? (side.split(':') as [string, string]) : ['', side];
  const own = owner === '' || owner.toLowerCase() === repo.owner.login.toLowerCase();
  const where = own ? repo : world.repositories.get(`${owner}/${repo.name}`.toLowerCase());
  const sha = (await where?.git.resolve(branch)) ?? null;
  if (where === undefined || sha === null) throw refused(404, 'Not Found');
  if (!own) await repo.git.fetch(where.git, sha);
  return sha;
}
