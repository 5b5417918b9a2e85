import type { CommitInfo, Identity } from '../git.ts';
import type { ChangedFile } from '../git-diff.ts';
import type { Account, Json, Repository } from '../model.ts';
import type { World } from '../world.ts';
import { nodeId } from './ids.ts';
import { htmlUrl, repositoryUrl } from './repository.ts';
import { renderUser } from './user.ts';

const unsigned = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

export function renderRef(
  world: World,
  repo: Repository,
  ref: { ref: string; sha: string; type: string },
): Json {
  const api = `${repositoryUrl(world, repo)}/git`;
  return {
    ref: ref.ref,
    node_id: nodeId('REF', `${repo.id}:${ref.ref}`),
    url: `${api}/${ref.ref}`,
    object: { sha: ref.sha, type: ref.type, url: `${api}/${ref.type}s/${ref.sha}` },
  };
}

/** A commit of the git database. */
export function renderGitCommit(world: World, repo: Repository, commit: CommitInfo): Json {
  const api = `${repositoryUrl(world, repo)}/git`;
  const page = `${htmlUrl(world, repo)}/commit`;
  return {
    sha: commit.sha,
    node_id: nodeId('C', commit.sha),
    url: `${api}/commits/${commit.sha}`,
    html_url: `${page}/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    tree: { sha: commit.tree, url: `${api}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${page}/${sha}` })),
    verification: unsigned,
  };
}

/** A commit as lists and comparisons carry it. */
export function renderCommit(world: World, repo: Repository, commit: CommitInfo): Json {
  const api = `${repositoryUrl(world, repo)}/commits`;
  const page = `${htmlUrl(world, repo)}/commit`;
  return {
    sha: commit.sha,
    node_id: nodeId('C', commit.sha),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${repositoryUrl(world, repo)}/git/trees/${commit.tree}` },
      url: `${repositoryUrl(world, repo)}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url: `${api}/${commit.sha}`,
    html_url: `${page}/${commit.sha}`,
    comments_url: `${api}/${commit.sha}/comments`,
    author: renderIdentity(world, commit.author),
    committer: renderIdentity(world, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/${sha}`, html_url: `${page}/${sha}` })),
  };
}

/** GitHub finds the account by the address; the double writes the login as the name. */
function renderIdentity(world: World, identity: Identity): Json | null {
  const account: Account | undefined = world.accounts.get(identity.name.toLowerCase());
  return account === undefined ? null : renderUser(world, account);
}

export function renderChangedFile(world: World, repo: Repository, head: string, file: ChangedFile): Json {
  const page = htmlUrl(world, repo);
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${head}/${path}`,
    raw_url: `${page}/raw/${head}/${path}`,
    contents_url: `${repositoryUrl(world, repo)}/contents/${path}?ref=${head}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previous === null ? {} : { previous_filename: file.previous }),
  };
}
