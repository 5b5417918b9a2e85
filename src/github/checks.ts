import { Permanent } from '../domain/errors.ts';
import type { CheckOutput, GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { PAGE_SIZE, readPages } from './pages.ts';
import { fitting } from './text-limits.ts';

/** Checks of one commit looked through: far above what one commit gets. */
const CHECK_PAGES = 10;

export function checks(api: Api): Pick<GitHub, 'createCheck' | 'updateCheck' | 'findCheck'> {
  return {
    createCheck: (repo, check) =>
      api.onRepository(repo, async (octokit, at) => {
        const run = { ...at, head_sha: check.headSha, ...fieldsOf(check) };
        return (await octokit.rest.checks.create(run)).data.id;
      }),

    updateCheck: (repo, checkId, check) =>
      api.onRepository(repo, async (octokit, at) => {
        await octokit.rest.checks.update({ ...at, check_run_id: checkId, ...fieldsOf(check) });
      }),

    findCheck: (repo, headSha, externalId) =>
      api.onRepository(repo, async (octokit, at) => {
        // 'all': two requests may have checks of one name on one commit, and only the newest of a name is 'latest'.
        const query = { ...at, ref: headSha, app_id: api.appId, filter: 'all' as const, per_page: PAGE_SIZE };
        const read = async (page: number) =>
          (await octokit.rest.checks.listForRef({ ...query, page })).data.check_runs;
        const isIt = (run: { external_id: string | null }) => run.external_id === externalId;
        const runs = await readPages(CHECK_PAGES, read, (items) => items.some(isIt));
        if (runs === null) throw new Permanent(`Commit ${headSha} of ${repo} has too many checks`);
        return runs.find(isIt)?.id ?? null;
      }),
  };
}

/** GitHub wants a conclusion with `completed`, and takes a conclusion for `completed`. */
function fieldsOf({ name, externalId, status, conclusion, detailsUrl, title, summary }: CheckOutput) {
  return {
    name,
    external_id: externalId,
    status,
    ...(status === 'completed' ? { conclusion: conclusion ?? 'neutral' } : {}),
    ...(detailsUrl === null ? {} : { details_url: detailsUrl }),
    output: { title, summary: fitting(summary) },
  };
}
