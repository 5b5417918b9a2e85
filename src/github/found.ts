/** What happened on pull requests, made into webhooks from what GitHub shows now: for those that nobody can send again. */
import type { FoundEvent, GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import type { Octokit } from './client.ts';
import { PAGE_SIZE } from './pages.ts';

/** Pages of pull requests and of comments that are read of one repository. */
const MOST_PAGES = 10;

export function found(api: Api): Pick<GitHub, 'openPullsSince' | 'pullAsEvents'> {
  return {
    openPullsSince: (repo, since, labels) =>
      api.onRepository(repo, async (octokit, at) => {
        const events: FoundEvent[] = [];
        const open = new Set<number>();
        const repository = { full_name: repo };
        for (let page = 1; page <= MOST_PAGES; page += 1) {
          const query = {
            ...at,
            state: 'open',
            sort: 'updated',
            direction: 'desc',
            per_page: PAGE_SIZE,
          } as const;
          const { data } = await octokit.rest.pulls.list({ ...query, page });
          for (const { number, head, updated_at, labels: worn } of data) {
            open.add(number);
            if (Date.parse(updated_at) < since) continue;
            const pull_request = { number, head: { sha: head.sha }, updated_at };
            const payload = { action: 'synchronize', repository, pull_request };
            const guid = `found:head:${repo}#${number}:${head.sha}`;
            events.push({ guid, event: 'pull_request', payload, asked: null });
            const wanted = labels.filter((name) => worn.some((label) => label.name === name));
            if (wanted.length > 0)
              events.push(...(await labelsSince(octokit, repo, { number, sha: head.sha }, since, wanted)));
          }
          if (data.length < PAGE_SIZE) break;
        }
        for (let page = 1; page <= MOST_PAGES; page += 1) {
          const query = { ...at, since: new Date(since).toISOString(), per_page: PAGE_SIZE } as const;
          const { data } = await octokit.rest.issues.listCommentsForRepo({
            ...query,
            sort: 'created',
            direction: 'asc',
            page,
          });
          for (const { id, user, body, created_at, issue_url, performed_via_github_app } of data) {
            const number = Number(issue_url.split('/').at(-1));
            // `since` is about the last change: a comment that was edited is no new command.
            if (!open.has(number) || Date.parse(created_at) < since || user === null) continue;
            const author = { login: user.login, type: user.type };
            const comment = { id, user: author, body: body ?? '', created_at, performed_via_github_app };
            const issue = { number, pull_request: {} };
            const payload = { action: 'created', repository, issue, comment };
            const asked = { by: 'comment', id, at: Date.parse(created_at) } as const;
            events.push({ guid: `found:comment:${id}`, event: 'issue_comment', payload, asked });
          }
          if (data.length < PAGE_SIZE) break;
        }
        return events;
      }),

    pullAsEvents: (repo, number) =>
      api.onRepository(repo, async (octokit, at) => {
        const repository = { full_name: repo };
        const query = { ...at, pull_number: number };
        const events: FoundEvent[] = [];
        const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, {
          ...query,
          per_page: PAGE_SIZE,
        });
        for (const { id, user, state, commit_id } of reviews) {
          const said = state.toLowerCase();
          if (user === null || commit_id === null || said === 'pending') continue;
          const reviewer = { login: user.login, type: user.type };
          const review = { id, user: reviewer, state: said, commit_id };
          const action = said === 'dismissed' ? 'dismissed' : 'submitted';
          const payload = { action, repository, pull_request: { number }, review };
          events.push({
            guid: `found:review:${id}:${said}`,
            event: 'pull_request_review',
            payload,
            asked: null,
          });
        }
        const { data } = await octokit.rest.pulls.get(query);
        if (data.state === 'closed') {
          const { head, merged, updated_at, merged_by } = data;
          const by = merged_by ?? (await closedBy(octokit, at, number));
          // As GitHub shows an account that was deleted.
          const sender = { login: by?.login ?? 'ghost', type: by?.type ?? 'User' };
          const pull_request = { number, head: { sha: head.sha }, updated_at, merged };
          const payload = { action: 'closed', repository, pull_request, sender };
          const guid = `found:closed:${repo}#${number}:${updated_at}`;
          events.push({ guid, event: 'pull_request', payload, asked: null });
        }
        return events;
      }),
  };
}

/** Who closed a pull request last; it does not say so itself. */
async function closedBy(octokit: Octokit, at: { owner: string; repo: string }, number: number) {
  const query = { ...at, issue_number: number, per_page: PAGE_SIZE };
  const events = await octokit.paginate(octokit.rest.issues.listEvents, query);
  return events.findLast(({ event }) => event === 'closed')?.actor ?? null;
}

/** When each of these labels was set on a pull request last, and by whom, where that was since. */
async function labelsSince(
  octokit: Octokit,
  repo: string,
  pull: { number: number; sha: string },
  since: number,
  labels: readonly string[],
): Promise<FoundEvent[]> {
  const [owner = '', name = ''] = repo.split('/');
  const { number, sha } = pull;
  const query = { owner, repo: name, issue_number: number, per_page: PAGE_SIZE };
  const newest = new Map<string, FoundEvent>();
  for (const { id, event, actor, created_at, label } of await octokit.paginate(
    octokit.rest.issues.listEvents,
    query,
    (response) => response.data.map((one) => ({ label: undefined, ...one })),
  )) {
    const at = Date.parse(created_at);
    if (event !== 'labeled' || label?.name === undefined || !labels.includes(label.name) || at < since)
      continue;
    const payload = {
      action: 'labeled',
      repository: { full_name: repo },
      pull_request: { number, head: { sha }, updated_at: created_at },
      label: { name: label.name },
      sender: { login: actor.login, type: actor.type },
    };
    const asked = { by: 'label', repo, number, label: label.name, at } as const;
    newest.set(label.name, { guid: `found:label:${id}`, event: 'pull_request', payload, asked });
  }
  return [...newest.values()];
}
