/** Pull requests of our own, in the staging repository. */
import { Permanent } from '../domain/errors.ts';
import type { GitHub } from '../ports.ts';
import type { Api, Place } from './api.ts';
import type { Octokit } from './client.ts';
import { says } from './errors.ts';
import { moveOnBranch } from './move-folder.ts';
import { fitting } from './text-limits.ts';

type Proposal = Parameters<GitHub['proposeFiles']>[1];

export function staging(api: Api): Pick<GitHub, 'proposeFiles' | 'moveFolder'> {
  const defaultBranches = new Map<string, string>();

  async function defaultBranch(octokit: Octokit, at: Place): Promise<string> {
    const key = `${at.owner}/${at.repo}`;
    const known = defaultBranches.get(key);
    if (known !== undefined) return known;
    const { default_branch } = (await octokit.rest.repos.get(at)).data;
    defaultBranches.set(key, default_branch);
    return default_branch;
  }

  return {
    proposeFiles: (repo, proposal) =>
      api.onRepository(repo, async (octokit, at) => {
        const base = await defaultBranch(octokit, at);
        const commit = await createBranch(octokit, at, base, proposal);
        if (commit !== null) return { number: await openPull(octokit, at, base, proposal), commit };
        // The branch was there: an earlier try got this far, or further.
        const tip = await ownCommit(octokit, at, base, proposal);
        const number =
          (await findPull(octokit, at, proposal.branch)) ?? (await openPull(octokit, at, base, proposal));
        return { number, commit: tip };
      }),

    moveFolder: (repo, move) =>
      api.onRepository(repo, async (octokit, at) => {
        await moveOnBranch(octokit, at, await defaultBranch(octokit, at), move);
      }),
  };
}

/** The sha of the new branch's only commit, or null when there is such a branch already. */
async function createBranch(octokit: Octokit, at: Place, base: string, proposal: Proposal) {
  const { git, repos } = octokit.rest;
  const start = (await repos.getBranch({ ...at, branch: base })).data.commit;
  const tree = await createTree(octokit, at, start.commit.tree.sha, proposal.files);
  const parents = [start.sha];
  const { sha } = (await git.createCommit({ ...at, message: proposal.message, tree, parents })).data;
  const ref = git.createRef({ ...at, ref: `refs/heads/${proposal.branch}`, sha });
  return ref.then(
    () => sha,
    (error) => {
      if (says(error, 422, /already exists/i)) return null;
      throw error;
    },
  );
}

/** A tree with the files in it; their contents travel inside the request. */
async function createTree(octokit: Octokit, at: Place, base: string, files: Record<string, string>) {
  const tree = Object.entries(files).map(
    ([path, content]) => ({ path, content, mode: '100644', type: 'blob' }) as const,
  );
  return (await octokit.rest.git.createTree({ ...at, base_tree: base, tree })).data.sha;
}

/**
 * The tip of the branch, when it is just these files in one commit on the default branch, wherever that has moved since.
 * Throws Permanent otherwise: what somebody else put there is neither ours to publish nor to overwrite.
 */
async function ownCommit(octokit: Octokit, at: Place, base: string, { branch, files }: Proposal) {
  const basehead = `${base}...${branch}`;
  const { commits, ahead_by, merge_base_commit } = (
    await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead })
  ).data;
  const tip = commits.at(-1);
  const wanted = await createTree(octokit, at, merge_base_commit.commit.tree.sha, files);
  if (tip === undefined || ahead_by !== 1 || tip.commit.tree.sha !== wanted)
    throw new Permanent(`Branch ${branch} of ${at.owner}/${at.repo} holds something else already`);
  return tip.sha;
}

async function openPull(octokit: Octokit, at: Place, base: string, { branch, title, body }: Proposal) {
  const draft = { ...at, base, head: branch, title, body: fitting(body) };
  return (await octokit.rest.pulls.create(draft)).data.number;
}

/** The newest pull request from the branch, open or not: one that was closed is not asked for again. */
async function findPull(octokit: Octokit, at: Place, branch: string): Promise<number | null> {
  const head = `${at.owner}:${branch}`;
  const { data } = await octokit.rest.pulls.list({ ...at, head, state: 'all', per_page: 1 });
  return data[0]?.number ?? null;
}
