/** The git database: refs, commits, trees and blobs of the real repository. */
import { followBranches } from '../actions/pulls.ts';
import { invalid, refused } from '../errors.ts';
import type { Identity } from '../git.ts';
import type { Json } from '../model.ts';
import { renderGitCommit, renderRef } from '../render/git.ts';
import { repositoryUrl } from '../render/repository.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  created,
  noContent,
  objects,
  ok,
  optionalText,
  paged,
  param,
  type Route,
  strings,
  text,
} from './route.ts';

const base = '/repos/{owner}/{repo}/git';
const read = 'contents:read';
const write = 'contents:write';

export const gitRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: `${base}/ref/{ref}`,
    needs: read,
    handle: async (request) => ok(await refAnswer(request)),
  },
  { method: 'GET', template: `${base}/matching-refs/{ref}`, needs: read, handle: matchingRefs },
  { method: 'POST', template: `${base}/refs`, needs: write, handle: createRef },
  { method: 'PATCH', template: `${base}/refs/{ref}`, needs: write, handle: updateRef },
  { method: 'DELETE', template: `${base}/refs/{ref}`, needs: write, handle: deleteRef },
  { method: 'GET', template: `${base}/commits/{commit_sha}`, needs: read, handle: getCommit },
  { method: 'POST', template: `${base}/commits`, needs: write, handle: createCommit },
  { method: 'GET', template: `${base}/trees/{tree_sha}`, needs: read, handle: getTree },
  { method: 'POST', template: `${base}/trees`, needs: write, handle: createTree },
  { method: 'GET', template: `${base}/blobs/{file_sha}`, needs: read, handle: getBlob },
  { method: 'POST', template: `${base}/blobs`, needs: write, handle: createBlob },
];

/** The full ref of `{ref}`, which is written `heads/main`. */
function refName(request: ApiRequest): string {
  return `refs/${param(request, 'ref').replace(/^refs\//, '')}`;
}

async function refAnswer(request: ApiRequest, name = refName(request)): Promise<Json> {
  const found = (await request.repo.git.refs(name)).find(({ ref }) => ref === name);
  if (found === undefined) throw refused(404, 'Not Found');
  return renderRef(request.world, request.repo, found);
}

async function matchingRefs(request: ApiRequest): Promise<ApiAnswer> {
  const found = await request.repo.git.refs(refName(request));
  return paged(request, found, (ref) => renderRef(request.world, request.repo, ref));
}

async function createRef(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, act, body } = request;
  const ref = text(body, 'ref');
  const sha = text(body, 'sha');
  if (!/^refs\/[^/]+\/.+/.test(ref))
    throw refused(422, "Reference name must start with 'refs/' and contain at least two slashes.");
  if ((await repo.git.typeOf(sha)) === null) throw refused(422, 'Object does not exist');
  if ((await repo.git.refs(ref)).some((known) => known.ref === ref))
    throw refused(422, 'Reference already exists');
  try {
    await repo.git.setRef(ref, sha, '');
  } catch {
    throw refused(422, `${ref} is not a valid ref name.`);
  }
  await followBranches(act, repo);
  return created(await refAnswer(request, ref));
}

async function updateRef(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, act, body } = request;
  const name = refName(request);
  const sha = text(body, 'sha');
  const known = (await repo.git.refs(name)).find(({ ref }) => ref === name);
  if (known === undefined) throw refused(422, 'Reference does not exist');
  if ((await repo.git.typeOf(sha)) === null) throw refused(422, 'Object does not exist');
  if (body.force !== true && (await repo.git.mergeBase(known.sha, sha)) !== known.sha) {
    throw refused(422, 'Update is not a fast forward');
  }
  await repo.git.setRef(name, sha, known.sha).catch(() => {
    // Somebody else moved it while this one was looked at.
    throw refused(422, 'Update is not a fast forward');
  });
  await followBranches(act, repo);
  return ok(await refAnswer(request));
}

async function deleteRef(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, act } = request;
  const name = refName(request);
  if (!(await repo.git.refs(name)).some(({ ref }) => ref === name))
    throw refused(422, 'Reference does not exist');
  await repo.git.deleteRef(name);
  await followBranches(act, repo);
  return noContent;
}

async function getCommit(request: ApiRequest): Promise<ApiAnswer> {
  const sha = param(request, 'commit_sha');
  if ((await request.repo.git.typeOf(sha)) !== 'commit') throw refused(404, 'Not Found');
  return ok(renderGitCommit(request.world, request.repo, await request.repo.git.commitInfo(sha)));
}

async function createCommit(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world, act, body } = request;
  const tree = text(body, 'tree');
  const parents = strings(body, 'parents');
  if ((await repo.git.typeOf(tree)) !== 'tree') throw refused(422, 'Tree SHA does not exist');
  for (const parent of parents) {
    if ((await repo.git.typeOf(parent)) !== 'commit')
      throw refused(422, 'Parent SHA does not exist or is not a commit object');
  }
  const self = world.identity(act.actor);
  const author = identity(body.author, self);
  const committer = identity(body.committer, author);
  const sha = await repo.git.writeCommit({
    tree,
    parents,
    author,
    committer,
    message: text(body, 'message'),
  });
  return created(renderGitCommit(world, repo, await repo.git.commitInfo(sha)));
}

export function identity(given: unknown, otherwise: Identity): Identity {
  const { name, email, date } = (given ?? {}) as Partial<Identity>;
  return { name: name ?? otherwise.name, email: email ?? otherwise.email, date: date ?? otherwise.date };
}

async function getTree(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, query } = request;
  const name = param(request, 'tree_sha');
  const sha = (await repo.git.typeOf(name)) === null ? await repo.git.resolve(name) : name;
  if (sha === null) throw refused(404, 'Not Found');
  return ok(await treeAnswer(request, sha, query.has('recursive')));
}

async function treeAnswer({ repo, world }: ApiRequest, sha: string, recursive: boolean): Promise<Json> {
  const api = `${repositoryUrl(world, repo)}/git`;
  const entries = await repo.git.tree(sha, recursive);
  return {
    sha,
    url: `${api}/trees/${sha}`,
    tree: entries.map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.size === null ? {} : { size: entry.size }),
      url: `${api}/${entry.type}s/${entry.sha}`,
    })),
    truncated: false,
  };
}

async function createTree(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, body } = request;
  const baseTree = optionalText(body, 'base_tree') ?? null;
  if (baseTree !== null && (await repo.git.typeOf(baseTree)) === null) throw refused(404, 'Not Found');
  const entries: { path: string; mode: string; sha: string | null }[] = [];
  for (const entry of objects(body, 'tree')) {
    const content = optionalText(entry, 'content');
    const sha = content === undefined ? entry.sha : await repo.git.writeBlob(Buffer.from(content));
    if (sha !== null && typeof sha !== 'string') throw invalid('Tree', 'sha', 'missing_field');
    if (sha !== null && (await repo.git.typeOf(sha)) === null) {
      throw refused(422, `tree.sha ${sha} is not a valid object`);
    }
    entries.push({ path: text(entry, 'path'), mode: optionalText(entry, 'mode') ?? '100644', sha });
  }
  const sha = await repo.git.writeTree(baseTree, entries);
  return created(await treeAnswer(request, sha, false));
}

async function getBlob(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, world, accept } = request;
  const sha = param(request, 'file_sha');
  if ((await repo.git.typeOf(sha)) !== 'blob') throw refused(404, 'Not Found');
  const bytes = await repo.git.blob(sha);
  if (accept.includes('raw'))
    return { status: 200, raw: { type: 'application/vnd.github.raw; charset=utf-8', data: bytes } };
  return ok({
    sha,
    node_id: `B_${sha}`,
    size: bytes.length,
    url: `${repositoryUrl(world, repo)}/git/blobs/${sha}`,
    content: bytes.toString('base64'),
    encoding: 'base64',
  });
}

async function createBlob({ repo, world, body }: ApiRequest): Promise<ApiAnswer> {
  const encoding = optionalText(body, 'encoding') === 'base64' ? 'base64' : 'utf8';
  const sha = await repo.git.writeBlob(Buffer.from(text(body, 'content'), encoding));
  return created({ sha, url: `${repositoryUrl(world, repo)}/git/blobs/${sha}` });
}
