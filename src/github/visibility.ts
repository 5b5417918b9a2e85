import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';

/** So long an answer is taken for true, ms: a repository that becomes private does so for the bot within this time. */
const REMEMBERED_MS = 5 * 60_000;

/** Who may see a repository. */
export function visibility(api: Api, now: () => number = Date.now): Pick<GitHub, 'isPublic'> {
  const known = new Map<string, { isPublic: Promise<boolean>; until: number }>();
  const ask = async (repo: string) => {
    const { data } = await api.onRepository(repo, (octokit, at) => octokit.rest.repos.get(at));
    // `private` is true of internal repositories as well.
    return !data.private;
  };
  return {
    async isPublic(repo) {
      const before = known.get(repo);
      if (before !== undefined && now() < before.until) return before.isPublic;
      // Also while it is asked, so that checks and comments written at once ask once.
      const asked = { isPublic: ask(repo), until: now() + REMEMBERED_MS };
      known.set(repo, asked);
      asked.isPublic.catch(() => known.get(repo) === asked && known.delete(repo));
      return asked.isPublic;
    },
  };
}
