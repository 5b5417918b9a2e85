import { Permanent, Retryable } from '../domain/errors.ts';
import type { GitHub, Review } from '../ports.ts';
import type { Api } from './api.ts';
import { ifStatus, says } from './errors.ts';
import { PAGE_SIZE, readPages } from './pages.ts';

/** Reviews of one pull request; more than this is an attack. */
const REVIEW_PAGES = 20;

const reviewStates = new Map<string, Review['state']>([
  ['APPROVED', 'approved'],
  ['CHANGES_REQUESTED', 'changes_requested'],
  ['COMMENTED', 'commented'],
  ['DISMISSED', 'dismissed'],
  ['PENDING', 'pending'],
]);

/** GitHub shows `ghost` where an account was deleted. */
function account(user: { login: string; type: string } | null) {
  return user === null ? { login: 'ghost', isBot: false } : { login: user.login, isBot: user.type === 'Bot' };
}

export function pulls(api: Api): Pick<GitHub, 'pullRequest' | 'reviews' | 'merge' | 'closePullRequest'> {
  return {
    pullRequest: (repo, number) =>
      api.onRepository(repo, async (octokit, at) => {
        const answer = await ifStatus(octokit.rest.pulls.get({ ...at, pull_number: number }), [404], null);
        if (answer === null) return null;
        const { title, user, state, merged, draft, labels, head, base, updated_at } = answer.data;
        return {
          repo,
          number,
          title,
          author: account(user),
          state,
          merged,
          draft: draft ?? false,
          labels: labels.map(({ name }) => name),
          headSha: head.sha,
          baseRef: base.ref,
          updatedAt: Date.parse(updated_at),
        };
      }),

    reviews: (repo, number) =>
      api.onRepository(repo, async (octokit, at) => {
        const query = { ...at, pull_number: number, per_page: PAGE_SIZE };
        const read = async (page: number) => (await octokit.rest.pulls.listReviews({ ...query, page })).data;
        const all = await readPages(REVIEW_PAGES, read);
        // Half a list may lack the very review that says no.
        if (all === null) throw new Permanent(`${repo}#${number} has more reviews than can be read`);
        return all.map(({ id, user, state, commit_id }): Review => {
          const known = reviewStates.get(state);
          if (known === undefined) throw new Permanent(`Review ${id} of ${repo}#${number} is "${state}"`);
          return { id, reviewer: account(user), state: known, commit: commit_id ?? '' };
        });
      }),

    merge: (repo, number, sha, title) =>
      api.onRepository(repo, async (octokit, at) => {
        const pull = { ...at, pull_number: number };
        const request = octokit.rest.pulls.merge({ ...pull, sha, commit_title: title });
        const merging = request
          .then(() => 'merged' as const)
          .catch((error) => {
            // The base branch moved in that moment: nothing is wrong with this pull request.
            if (says(error, 405, /base branch was modified/i))
              throw new Retryable(`${repo} was busy`, { cause: error });
            throw error;
          });
        const answer = await ifStatus(ifStatus(merging, [409], 'moved' as const), [405], 'refused' as const);
        if (answer !== 'refused') return answer;
        // GitHub refuses to merge twice in the same words as it refuses anything.
        const { merged, head } = (await octokit.rest.pulls.get(pull)).data;
        if (head.sha !== sha) return 'moved';
        return merged ? 'merged' : 'refused';
      }),

    closePullRequest: (repo, number) =>
      api.onRepository(repo, async (octokit, at) => {
        await octokit.rest.pulls.update({ ...at, pull_number: number, state: 'closed' });
      }),
  };
}
