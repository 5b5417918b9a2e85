import { Permanent } from '../domain/errors.ts';
import type { Annotation, CheckOutput, GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { PAGE_SIZE, readPages } from './pages.ts';
import { fitting, fittingMessage } from './text-limits.ts';

/** Checks of one commit looked through: far above what one commit gets. */
const CHECK_PAGES = 10;
/** GitHub takes no more in one request, and adds them to those a check has. */
const ANNOTATIONS_AT_ONCE = 50;

export function checks(api: Api): Pick<GitHub, 'createCheck' | 'updateCheck' | 'findCheck'> {
  /** Adds what is missing: annotations cannot be taken back, so their number says which are there. */
  const annotate = (repo: string, checkId: number, check: CheckOutput, there: number) =>
    api.onRepository(repo, async (octokit, at) => {
      for (let next = there; next < check.annotations.length; next += ANNOTATIONS_AT_ONCE) {
        const output = outputOf(check, check.annotations.slice(next, next + ANNOTATIONS_AT_ONCE));
        await octokit.rest.checks.update({ ...at, check_run_id: checkId, output });
      }
    });

  return {
    async createCheck(repo, check) {
      const first = check.annotations.slice(0, ANNOTATIONS_AT_ONCE);
      const id = await api.onRepository(repo, async (octokit, at) => {
        const output = outputOf(check, first);
        const run = { ...at, head_sha: check.headSha, ...fieldsOf(check), output };
        return (await octokit.rest.checks.create(run)).data.id;
      });
      await annotate(repo, id, check, first.length);
      return id;
    },

    async updateCheck(repo, checkId, check) {
      const there = await api.onRepository(repo, async (octokit, at) => {
        const run = { ...at, check_run_id: checkId, ...fieldsOf(check), output: outputOf(check, []) };
        return (await octokit.rest.checks.update(run)).data.output.annotations_count;
      });
      await annotate(repo, checkId, check, there);
    },

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
function fieldsOf({ name, externalId, status, conclusion, detailsUrl, actions }: CheckOutput) {
  return {
    name,
    external_id: externalId,
    status,
    ...(status === 'completed' ? { conclusion: conclusion ?? 'neutral' } : {}),
    actions: [...actions],
    ...(detailsUrl === null ? {} : { details_url: detailsUrl }),
  };
}

function outputOf({ title, summary }: CheckOutput, annotations: readonly Annotation[]) {
  const added = annotations.map((one) => ({
    path: one.path,
    start_line: one.startLine,
    end_line: one.endLine,
    annotation_level: one.level,
    title: one.title,
    message: fittingMessage(one.message),
  }));
  return { title, summary: fitting(summary), ...(added.length === 0 ? {} : { annotations: added }) };
}
