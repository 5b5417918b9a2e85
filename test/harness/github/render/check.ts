import type { CheckRun, Json } from '../model.ts';
import { isPull, type World } from '../world.ts';
import { renderApp } from './app.ts';
import { nodeId } from './ids.ts';
import { htmlUrl, repositoryUrl } from './repository.ts';

export function renderCheckRun(world: World, check: CheckRun): Json {
  const api = `${repositoryUrl(world, check.repo)}/check-runs/${check.id}`;
  const page = `${htmlUrl(world, check.repo)}/runs/${check.id}`;
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CR', check.id),
    head_sha: check.headSha,
    external_id: check.externalId,
    url: api,
    html_url: page,
    details_url: check.detailsUrl ?? page,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      ...check.output,
      annotations_count: check.annotations.length,
      annotations_url: `${api}/annotations`,
    },
    check_suite: { id: check.suiteId },
    app: renderApp(world),
    pull_requests: pullsOf(world, check),
  };
}

/** GitHub lists only pull requests of the repository itself, none from forks. */
function pullsOf(world: World, check: CheckRun): Json[] {
  const repository = {
    id: check.repo.id,
    url: repositoryUrl(world, check.repo),
    name: check.repo.name,
  };
  return [...check.repo.issues.values()]
    .filter(isPull)
    .filter(
      ({ pull, state }) =>
        state === 'open' && pull.head.sha === check.headSha && pull.head.repo === check.repo,
    )
    .map(({ number, pull }) => ({
      id: pull.id,
      number,
      url: `${repositoryUrl(world, check.repo)}/pulls/${number}`,
      head: { ref: pull.head.ref, sha: pull.head.sha, repo: repository },
      base: { ref: pull.base.ref, sha: pull.base.sha, repo: repository },
    }));
}

/** The check run as webhooks carry it, with more of its suite. */
export function renderWebhookCheckRun(world: World, check: CheckRun): Json {
  return { ...renderCheckRun(world, check), check_suite: suiteOf(world, check) };
}

function suiteOf(world: World, check: CheckRun): Json {
  return {
    id: check.suiteId,
    node_id: nodeId('CS', check.suiteId),
    head_branch: null,
    head_sha: check.headSha,
    status: check.status,
    conclusion: check.conclusion,
    url: `${repositoryUrl(world, check.repo)}/check-suites/${check.suiteId}`,
    before: null,
    after: check.headSha,
    pull_requests: pullsOf(world, check),
    app: renderApp(world),
    created_at: check.startedAt,
    updated_at: check.startedAt,
  };
}

/** The suite as its own webhooks carry it. */
export function renderCheckSuite(world: World, check: CheckRun): Json {
  const person = { name: 'jo', email: 'jo@users.noreply.github.com' };
  return {
    ...suiteOf(world, check),
    latest_check_runs_count: check.repo.checkRuns.filter((one) => one.suiteId === check.suiteId).length,
    check_runs_url: `${repositoryUrl(world, check.repo)}/check-suites/${check.suiteId}/check-runs`,
    head_commit: {
      id: check.headSha,
      tree_id: check.headSha,
      message: 'A commit',
      timestamp: check.startedAt,
      author: person,
      committer: person,
    },
  };
}
