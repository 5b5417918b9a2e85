import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { PAGE_SIZE } from './pages.ts';
import { fitting } from './text-limits.ts';

/** Pages of the newest issues and pull requests of this App looked through for a marker. */
const NEWEST_PAGES = 5;
/** GitHub refuses longer titles. */
const LONGEST_TITLE = 256;

export function issues(api: Api): Pick<GitHub, 'openIssue'> {
  return {
    openIssue: (repo, { marker, title, body }) =>
      api.onRepository(repo, async (octokit, at, { botLogin }) => {
        const query = {
          ...at,
          creator: botLogin,
          state: 'all',
          sort: 'created',
          per_page: PAGE_SIZE,
        } as const;
        for (let page = 1; page <= NEWEST_PAGES; page += 1) {
          const { data } = await octokit.rest.issues.listForRepo({ ...query, page });
          const found = data.find((one) => one.pull_request === undefined && one.body?.includes(marker));
          if (found !== undefined) return found.number;
          if (data.length < PAGE_SIZE) break;
        }
        const draft = { ...at, title: title.slice(0, LONGEST_TITLE), body: fitting(body) };
        return (await octokit.rest.issues.create(draft)).data.number;
      }),
  };
}
