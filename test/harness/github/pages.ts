/** What a browser sees behind an `html_url`: plain pages, enough to read along. */
import type { CheckRun, Comment, Issue, Repository } from './model.ts';
import { fullName, isPull, type World } from './world.ts';

const issuePath = /^\/([^/]+)\/([^/]+)\/(?:pull|issues)\/(\d+)$/;
const repositoryPath = /^\/([^/]+)\/([^/]+)$/;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #d0d7de;border-radius:6px;margin:1rem 0}
article>header{background:#f6f8fa;padding:.5rem 1rem;border-bottom:1px solid #d0d7de}
pre{white-space:pre-wrap;margin:0;padding:1rem;font-size:14px}`;

/** The page of a repository, issue or pull request, or null when there is none. */
export function pageAt(world: World, path: string): string | null {
  const [, owner, name, number] = issuePath.exec(path) ?? repositoryPath.exec(path) ?? [];
  const repo = world.repositories.get(`${owner}/${name}`.toLowerCase());
  if (repo === undefined || repo.isPrivate) return null;
  if (number === undefined) return repositoryPage(repo);
  const issue = repo.issues.get(Number(number));
  return issue === undefined ? null : issuePage(issue);
}

function repositoryPage(repo: Repository): string {
  const items = [...repo.issues.values()].map((issue) => {
    const kind = isPull(issue) ? 'pull' : 'issues';
    const link = `<a href="/${escaped(fullName(repo))}/${kind}/${issue.number}">${escaped(issue.title)}</a>`;
    return `<li>#${issue.number} ${link} (${stateOf(issue)})</li>`;
  });
  return html(fullName(repo), `<ul>${items.join('')}</ul>`);
}

function issuePage(issue: Issue): string {
  const about = isPull(issue)
    ? `${issue.pull.head.ref} (${issue.pull.head.sha}) into ${issue.pull.base.ref}`
    : '';
  const labels = issue.labels.map((label) => label.name).join(', ');
  const facts = [stateOf(issue), about, labels].filter(Boolean).map(escaped).join(' · ');
  const reviews = (issue.pull?.reviews ?? []).map((review) =>
    entry(`${review.author.login} reviewed: ${review.state} at ${review.commitId}`, review.body),
  );
  const checks = issue.repo.checkRuns
    .filter((check) => check.headSha === issue.pull?.head.sha)
    .map(checkEntry);
  const parts = [
    `<p>${facts}</p>`,
    entry(`${issue.author.login} at ${issue.createdAt}`, issue.body ?? ''),
    ...issue.comments.map(commentEntry),
    ...reviews,
    ...checks,
  ];
  return html(`${issue.title} #${issue.number}`, parts.join('\n'));
}

function stateOf(issue: Issue): string {
  return issue.pull?.merged ? 'merged' : issue.state;
}

function commentEntry(comment: Comment): string {
  const edited = comment.edits.length > 0 ? `, edited ${comment.updatedAt}` : '';
  return entry(`${comment.author.login} at ${comment.createdAt}${edited}`, comment.body);
}

function checkEntry(check: CheckRun): string {
  const { title, summary, text } = check.output;
  const told = [title, summary, text].filter(Boolean).join('\n\n');
  return entry(`Check ${check.name}: ${check.conclusion ?? check.status}`, told);
}

function entry(head: string, body: string): string {
  return `<article><header>${escaped(head)}</header><pre>${escaped(body)}</pre></article>`;
}

function html(title: string, body: string): string {
  const head = `<meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style>`;
  return `<!doctype html><html lang="en"><head>${head}</head><body><h1>${escaped(title)}</h1>${body}</body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
