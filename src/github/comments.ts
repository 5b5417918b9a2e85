import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { ifStatus } from './errors.ts';
import { PAGE_SIZE } from './pages.ts';
import { fitting } from './text-limits.ts';

/** Comments looked through for a marker: this many pages of the newest, and the first page. */
const NEWEST_PAGES = 10;

export function comments(
  api: Api,
): Pick<GitHub, 'createComment' | 'updateComment' | 'findComment' | 'removeLabel' | 'addLabel'> {
  return {
    createComment: (repo, number, body) =>
      api.onRepository(repo, async (octokit, at) => {
        const comment = { ...at, issue_number: number, body: fitting(body) };
        return (await octokit.rest.issues.createComment(comment)).data.id;
      }),

    updateComment: (repo, commentId, body) =>
      api.onRepository(repo, async (octokit, at) => {
        const comment = { ...at, comment_id: commentId, body: fitting(body) };
        const updated = octokit.rest.issues.updateComment(comment).then(() => 'updated' as const);
        return ifStatus(updated, [404, 410], 'gone' as const);
      }),

    findComment: (repo, number, marker) =>
      api.onRepository(repo, async (octokit, at, { botLogin }) => {
        const read = (page: number) =>
          octokit.rest.issues.listComments({ ...at, issue_number: number, per_page: PAGE_SIZE, page });
        type Comment = Awaited<ReturnType<typeof read>>['data'][number];
        // A marker is no secret: in anybody else's comment it means nothing.
        const isOurs = ({ user, performed_via_github_app: via, body }: Comment) =>
          (user?.login === botLogin || via?.id === api.appId) && (body ?? '').includes(marker);

        // GitHub lists the oldest first and only the first answer says how many pages there are.
        const first = await read(1);
        const last = lastPage(first.headers.link);
        for (let page = last; page > Math.max(1, last - NEWEST_PAGES); page -= 1) {
          const found = (await read(page)).data.findLast(isOurs);
          if (found !== undefined) return found.id;
        }
        return first.data.findLast(isOurs)?.id ?? null;
      }),

    addLabel: (repo, number, label) =>
      api.onRepository(repo, async (octokit, at) => {
        await octokit.rest.issues.addLabels({ ...at, issue_number: number, labels: [label] });
      }),

    removeLabel: (repo, number, label) =>
      api.onRepository(repo, async (octokit, at) => {
        const removed = octokit.rest.issues.removeLabel({ ...at, issue_number: number, name: label });
        await ifStatus(removed, [404], null);
      }),
  };
}

/** The number of the last page by a `Link` header, 1 without one. */
function lastPage(link: string | undefined): number {
  const [, url] = /<([^>]+)>; rel="last"/.exec(link ?? '') ?? [];
  return Number(URL.parse(url ?? '')?.searchParams.get('page') ?? 1);
}
