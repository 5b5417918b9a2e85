import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { ifStatus } from './errors.ts';

/** Jobs of GitHub Actions. A check of another App cannot be run again by this one: GitHub lets only its owner ask. */
export function actions(api: Api): Pick<GitHub, 'rerunJob'> {
  return {
    rerunJob: (repo, headSha, name) =>
      api.onRepository(repo, async (octokit, at) => {
        const { data } = await octokit.rest.checks.listForRef({ ...at, ref: headSha, check_name: name });
        const [job] = data.check_runs.flatMap((run) =>
          run.app?.slug === 'github-actions' ? (jobOf(run.details_url) ?? []) : [],
        );
        if (job === undefined) return 'none';
        const asking = octokit.rest.actions.reRunJobForWorkflowRun({ ...at, job_id: job });
        // 403: it still runs, is too old, or the App lacks `actions: write`.
        return await ifStatus(
          asking.then(() => 'asked' as const),
          [403, 404],
          'none' as const,
        );
      }),
  };
}

/** `https://github.com/o/r/actions/runs/1/job/2` → 2 */
function jobOf(url: string | null): number | null {
  const [, job] = /\/actions\/runs\/\d+\/job\/(\d{1,15})(?:[?#]|$)/.exec(url ?? '') ?? [];
  return job === undefined ? null : Number(job);
}
