/** Check runs. */
import { type CheckRunFields, createCheckRun, updateCheckRun } from '../actions/checks.ts';
import { invalid, refused } from '../errors.ts';
import type { CheckRun } from '../model.ts';
import { renderCheckRun } from '../render/check.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  created,
  idParam,
  ok,
  page,
  param,
  type Route,
  text,
} from './route.ts';

const base = '/repos/{owner}/{repo}';

export const checkRoutes: readonly Route[] = [
  { method: 'POST', template: `${base}/check-runs`, needs: 'checks:write', handle: create },
  {
    method: 'GET',
    template: `${base}/check-runs/{check_run_id}`,
    needs: 'checks:read',
    handle: (request) => ok(renderCheckRun(request.world, checkOf(request))),
  },
  {
    method: 'PATCH',
    template: `${base}/check-runs/{check_run_id}`,
    needs: 'checks:write',
    handle: (request) => {
      const check = checkOf(request);
      updateCheckRun(request.act, check, request.body as CheckRunFields);
      return ok(renderCheckRun(request.world, check));
    },
  },
  { method: 'GET', template: `${base}/commits/{ref}/check-runs`, needs: 'checks:read', handle: listForRef },
];

async function create(request: ApiRequest): Promise<ApiAnswer> {
  const { act, repo, world, body } = request;
  const sha = text(body, 'head_sha');
  if ((await repo.git.typeOf(sha)) !== 'commit')
    throw invalid('CheckRun', 'head_sha', 'invalid', `No commit found for SHA: ${sha}`);
  text(body, 'name');
  return created(renderCheckRun(world, createCheckRun(act, repo, sha, body as CheckRunFields)));
}

function checkOf(request: ApiRequest): CheckRun {
  const id = idParam(request, 'check_run_id');
  const check = request.repo.checkRuns.find((one) => one.id === id);
  if (check === undefined) throw refused(404, 'Not Found');
  return check;
}

/** Newest first; by default only the newest of each name. */
async function listForRef(request: ApiRequest): Promise<ApiAnswer> {
  const { repo, query, world } = request;
  const sha = await repo.git.resolve(param(request, 'ref'));
  if (sha === null) throw refused(422, `No commit found for SHA: ${param(request, 'ref')}`);
  const wanted = { name: query.get('check_name'), status: query.get('status'), app: query.get('app_id') };
  const seen = new Set<string>();
  const found = repo.checkRuns
    .toReversed()
    .filter((check) => check.headSha === sha)
    .filter((check) => query.get('filter') === 'all' || isFirst(seen, check.name))
    .filter((check) => wanted.name === null || check.name === wanted.name)
    .filter((check) => wanted.status === null || check.status === wanted.status)
    .filter(() => wanted.app === null || wanted.app === String(world.app.id));
  const { items, headers } = page(request, found);
  const check_runs = items.map((check) => renderCheckRun(world, check));
  return { status: 200, body: { total_count: found.length, check_runs }, headers };
}

function isFirst(seen: Set<string>, name: string): boolean {
  const first = !seen.has(name);
  seen.add(name);
  return first;
}
