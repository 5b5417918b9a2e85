import { Retryable } from '../domain/errors.ts';
import type { GitHub } from '../ports.ts';
import type { Place } from './api.ts';
import type { Octokit } from './client.ts';
import { ifStatus, says } from './errors.ts';

type Move = Parameters<GitHub['moveFolder']>[1];

/** Others may push to the branch in between: so often it is tried on what is there then. */
const TRIES = 5;

/** Moves a folder on a branch by compare and set: a commit on the tip that was read, and only if that is still the tip. */
export async function moveOnBranch(octokit: Octokit, at: Place, branch: string, move: Move): Promise<void> {
  const { git, repos } = octokit.rest;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const tip = (await repos.getBranch({ ...at, branch })).data.commit;
    const tree = await changes(octokit, at, tip.sha, move);
    if (tree === null) return;
    const base_tree = tip.commit.tree.sha;
    const moved = (await git.createTree({ ...at, base_tree, tree })).data.sha;
    const made = await git.createCommit({ ...at, message: move.message, tree: moved, parents: [tip.sha] });
    const update = git.updateRef({ ...at, ref: `heads/${branch}`, sha: made.data.sha, force: false });
    const done = await update.then(
      () => true,
      (error) => {
        if (says(error, 422, /fast.forward/i)) return false;
        throw error;
      },
    );
    if (done) return;
  }
  throw new Retryable(`Branch ${branch} of ${at.owner}/${at.repo} moved ${TRIES} times meanwhile`);
}

/** What is to change in the tree of a commit; null: nothing. */
async function changes(octokit: Octokit, at: Place, commit: string, { from, to, otherwise }: Move) {
  const file = { mode: '100644', type: 'blob' } as const;
  const sources = [];
  for (const folder of from) sources.push({ folder, files: await filesIn(octokit, at, commit, folder) });
  const gone = sources.flatMap(({ folder, files }) =>
    files.map(({ name }) => ({ ...file, path: `${folder}/${name}`, sha: null })),
  );
  const source = sources.find(({ files }) => files.length > 0);
  if (source) {
    return [...source.files.map(({ name, sha }) => ({ ...file, path: `${to}/${name}`, sha })), ...gone];
  }
  if ((await filesIn(octokit, at, commit, to)).length > 0) return null;
  return Object.entries(otherwise).map(([name, content]) => ({ ...file, path: `${to}/${name}`, content }));
}

/** Files right in a folder, as the commit has it; GitHub lists up to 1,000. */
async function filesIn(octokit: Octokit, at: Place, ref: string, path: string) {
  const answer = await ifStatus(octokit.rest.repos.getContent({ ...at, path, ref }), [404], null);
  if (answer === null || !Array.isArray(answer.data)) return [];
  return answer.data.filter(({ type }) => type === 'file').map(({ name, sha }) => ({ name, sha }));
}
