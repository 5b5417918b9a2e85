/** What can happen to pull requests: opened, pushed to, merged. Their commits are real. */
import type { Act } from '../act.ts';
import { invalid, refused } from '../errors.ts';
import { changedFiles } from '../git-diff.ts';
import type { Issue, Pull, PullStats, Repository } from '../model.ts';
import { fullName, isPull } from '../world.ts';
import { checkBody, nextNumber, raiseIssueEvent, touch } from './issues.ts';

export type PullRequest = Issue & { readonly pull: Pull };

export interface PullDraft {
  readonly title: string;
  readonly body: string | null;
  readonly headRepo: Repository;
  readonly headRef: string;
  readonly baseRef: string;
  readonly draft: boolean;
}

/** Opens a pull request from a branch that exists. */
export async function openPull(act: Act, repo: Repository, draft: PullDraft): Promise<PullRequest> {
  return await act.world.inTurn(() => open(act, repo, draft));
}

async function open(act: Act, repo: Repository, draft: PullDraft): Promise<PullRequest> {
  checkBody('PullRequest', draft.body);
  const { headRepo, headRef, baseRef } = draft;
  const headSha = await headRepo.git.resolve(`refs/heads/${headRef}`);
  const baseSha = await repo.git.resolve(`refs/heads/${baseRef}`);
  if (headSha === null) throw invalid('PullRequest', 'head', 'invalid');
  if (baseSha === null) throw invalid('PullRequest', 'base', 'invalid');
  const label = `${headRepo.owner.login}:${headRef}`;
  const twin = openPulls(repo).find(
    ({ pull }) => pull.head.repo === headRepo && pull.head.ref === headRef && pull.base.ref === baseRef,
  );
  if (twin !== undefined) {
    throw invalid('PullRequest', 'base', 'custom', `A pull request already exists for ${label}.`);
  }
  if (headRepo !== repo) await repo.git.fetch(headRepo.git, headSha);
  if ((await repo.git.countAhead(baseSha, headSha)) === 0) {
    throw invalid('PullRequest', 'head', 'custom', `No commits between ${baseRef} and ${headRef}`);
  }
  if ((await repo.git.mergeBase(baseSha, headSha)) === null) {
    const message = `The ${baseRef} branch has no history in common with ${label}`;
    throw invalid('PullRequest', 'base', 'custom', message);
  }
  const stats = await statsOf(repo, baseSha, headSha);
  const number = nextNumber(repo);
  await publishHead(repo, number, headRepo, headSha);
  const now = act.world.now();
  const issue: PullRequest = {
    id: act.world.nextId(),
    repo,
    number,
    author: act.actor,
    viaApp: act.viaApp,
    title: draft.title,
    body: draft.body,
    state: 'open',
    labels: [],
    events: [],
    assignees: [],
    comments: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    pull: {
      id: act.world.nextId(),
      head: { repo: headRepo, ref: headRef, sha: headSha },
      base: { ref: baseRef, sha: baseSha },
      draft: draft.draft,
      reviews: [],
      stats,
      merged: null,
    },
  };
  repo.issues.set(number, issue);
  raiseIssueEvent(act, issue, 'opened');
  touch(act, issue);
  return issue;
}

function openPulls(repo: Repository): PullRequest[] {
  return [...repo.issues.values()].filter(isPull).filter((issue) => issue.state === 'open');
}

/** Keeps `refs/pull/N/head` where the head is; a fork's commits come along. */
async function publishHead(
  repo: Repository,
  number: number,
  headRepo: Repository,
  sha: string,
): Promise<void> {
  const ref = `refs/pull/${number}/head`;
  if (headRepo === repo) await repo.git.setRef(ref, sha);
  else await repo.git.fetch(headRepo.git, `+${sha}:${ref}`);
}

async function statsOf(repo: Repository, base: string, head: string): Promise<PullStats> {
  const [from, commits, merged] = await Promise.all([
    repo.git.mergeBase(base, head),
    repo.git.countAhead(base, head),
    repo.git.mergedTree(base, head),
  ]);
  const files = await changedFiles(repo.git, from ?? base, head);
  return {
    commits,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: files.length,
    mergeable: merged !== null,
  };
}

/** After branches of `repo` moved, however they did: follows with every open pull request from or to it. */
export async function followBranches(act: Act, repo: Repository): Promise<void> {
  await act.world.inTurn(() => follow(act, repo));
}

async function follow(act: Act, repo: Repository): Promise<void> {
  const branches = new Map(
    (await repo.git.refs('refs/heads/')).map(({ ref, sha }) => [ref.slice('refs/heads/'.length), sha]),
  );
  for (const base of act.world.repositories.values()) {
    for (const issue of openPulls(base)) {
      if (issue.pull.head.repo === repo) await followHead(act, issue, branches.get(issue.pull.head.ref));
      if (base === repo && issue.state === 'open') await followBase(issue, branches.get(issue.pull.base.ref));
    }
  }
}

async function followHead(act: Act, issue: PullRequest, after: string | undefined): Promise<void> {
  const { repo, pull } = issue;
  const before = pull.head.sha;
  if (after === before) return;
  if (after === undefined) {
    issue.state = 'closed';
    issue.closedAt = act.world.now();
    touch(act, issue);
    raiseIssueEvent(act, issue, 'closed');
  } else {
    await publishHead(repo, issue.number, pull.head.repo, after);
    pull.base.sha = (await repo.git.resolve(`refs/heads/${pull.base.ref}`)) ?? pull.base.sha;
    pull.stats = await statsOf(repo, pull.base.sha, after);
    pull.head.sha = after;
    // Before the webhook, which says when the head moved.
    touch(act, issue);
    raiseIssueEvent(act, issue, 'synchronize', { before, after });
  }
}

async function followBase(issue: PullRequest, sha: string | undefined): Promise<void> {
  const { repo, pull } = issue;
  if (sha === undefined || sha === pull.base.sha) return;
  pull.base.sha = sha;
  pull.stats = await statsOf(repo, sha, pull.head.sha);
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeOptions {
  /** The head it must have. */
  readonly expected?: string;
  readonly title?: string;
  readonly message?: string;
  readonly method?: MergeMethod;
}

/** Merges with a real commit on the base branch; resolves with its sha. */
export async function mergePull(act: Act, issue: PullRequest, options: MergeOptions = {}): Promise<string> {
  return await act.world.inTurn(() => merge(act, issue, options));
}

async function merge(act: Act, issue: PullRequest, options: MergeOptions): Promise<string> {
  const { repo, pull } = issue;
  if (issue.state !== 'open' || pull.draft) throw refused(405, 'Pull Request is not mergeable');
  const head = pull.head.sha;
  if (options.expected !== undefined && options.expected !== head) {
    throw refused(409, 'Head branch was modified. Review and try the merge again.');
  }
  const branch = `refs/heads/${pull.base.ref}`;
  const base = await repo.git.resolve(branch);
  const tree = base === null ? null : await repo.git.mergedTree(base, head);
  if (base === null || tree === null) throw refused(405, 'Pull Request is not mergeable');
  const who = act.world.identity(act.actor);
  const squash = options.method === 'squash' || options.method === 'rebase';
  const title = options.title ?? defaultTitle(issue, squash);
  const sha = await repo.git.writeCommit({
    tree,
    parents: squash ? [base] : [base, head],
    author: who,
    committer: who,
    message: options.message ? `${title}\n\n${options.message}` : title,
  });
  await repo.git.setRef(branch, sha, base).catch(() => {
    throw refused(405, 'Base branch was modified. Review and try the merge again.');
  });
  repo.pushedAt = act.world.now();
  issue.state = 'closed';
  issue.closedAt = act.world.now();
  pull.merged = { at: act.world.now(), by: act.actor, sha };
  raiseIssueEvent(act, issue, 'closed');
  touch(act, issue);
  act.world.changed('merged', issue);
  await follow(act, repo);
  return sha;
}

function defaultTitle(issue: PullRequest, squash: boolean): string {
  if (squash) return `${issue.title} (#${issue.number})`;
  const [owner] = fullName(issue.pull.head.repo).split('/');
  return `Merge pull request #${issue.number} from ${owner}/${issue.pull.head.ref}`;
}
