/** What people do on GitHub. Each act changes the world, then its webhooks are delivered, then it resolves. */
import { Act } from './act.ts';
import { requestAction, rerequestCheckRun, rerequestCheckSuite } from './actions/checks.ts';
import * as issues from './actions/issues.ts';
import { followBranches, type MergeMethod, mergePull, openPull, type PullRequest } from './actions/pulls.ts';
import { dismissReview, submitReview } from './actions/reviews.ts';
import { refused } from './errors.ts';
import type { Account, Changes, CheckRun, Comment, PermissionLevel, Repository, Review } from './model.ts';
import { permissionLevels, reviewStates } from './model.ts';
import {
  type CommentView,
  type IssueView,
  type PullView,
  type ReviewView,
  viewComment,
  viewIssue,
  viewPull,
  viewReview,
} from './views.ts';
import type { WebhookSender } from './webhooks.ts';
import type { World } from './world.ts';

/** Who acts. With `deliver: false` the webhooks get lost on the way: the log shows failed deliveries. */
export interface By {
  readonly by: string;
  readonly deliver?: boolean;
}

export class People {
  protected readonly world: World;
  protected readonly webhooks: WebhookSender;
  #branches = 0;

  protected constructor(world: World, webhooks: WebhookSender) {
    this.world = world;
    this.webhooks = webhooks;
  }

  /** Opens a pull request with one commit of changes, on a new branch here or in the author's fork. */
  async openPullRequest(
    repoName: string,
    options: By & {
      title: string;
      body?: string;
      changes: Changes;
      base?: string;
      branch?: string;
      draft?: boolean;
      fork?: boolean;
    },
  ): Promise<PullView> {
    const repo = this.world.repository(repoName);
    const baseRef = options.base ?? repo.defaultBranch;
    const headRepo = options.fork === true ? await this.#forkOf(repo, options.by) : repo;
    const parent = await repo.git.resolve(`refs/heads/${baseRef}`);
    if (parent === null) throw new Error(`${repoName} has no branch ${baseRef}`);
    if (headRepo !== repo) await headRepo.git.fetch(repo.git, parent);
    this.#branches += 1;
    const headRef = options.branch ?? `${options.by}-patch-${this.#branches}`;
    const by = this.world.account(options.by);
    const { title, changes } = options;
    await this.world.commit(headRepo, { branch: headRef, parent, changes, message: title, by });
    return await this.#act(options, async (act) => {
      const draft = options.draft ?? false;
      return viewPull(
        await openPull(act, repo, { title, body: options.body ?? null, headRepo, headRef, baseRef, draft }),
      );
    });
  }

  async #forkOf(repo: Repository, login: string): Promise<Repository> {
    const name = `${login}/${repo.name}`;
    return (
      this.world.repositories.get(name.toLowerCase()) ??
      (await this.world.addRepository(name, { forkOf: repo }))
    );
  }

  /** Pushes one commit to a pull request's branch; with `force` it replaces all commits there. */
  async push(
    repoName: string,
    number: number,
    options: By & { changes: Changes; message?: string; force?: boolean },
  ): Promise<{ sha: string }> {
    const { pull } = this.#pull(repoName, number);
    const { head, base } = pull;
    const parent = options.force === true ? base.sha : head.sha;
    return await this.#pushTo(head.repo, { ...options, branch: head.ref, parent });
  }

  /** Pushes one commit to any branch; a new one starts from the default branch. */
  async pushBranch(
    repoName: string,
    branch: string,
    options: By & { changes: Changes; message?: string },
  ): Promise<{ sha: string }> {
    const repo = this.world.repository(repoName);
    const tip = await repo.git.resolve(`refs/heads/${branch}`);
    const parent = tip ?? (await repo.git.resolve(`refs/heads/${repo.defaultBranch}`));
    return await this.#pushTo(repo, { ...options, branch, parent });
  }

  async #pushTo(
    repo: Repository,
    options: By & { changes: Changes; message?: string; branch: string; parent: string | null },
  ): Promise<{ sha: string }> {
    return await this.#act(options, async (act) => {
      const { branch, parent, changes } = options;
      const message = options.message ?? `Change ${Object.keys(changes).join(', ')}`;
      const sha = await this.world.commit(repo, { branch, parent, changes, message, by: act.actor });
      await followBranches(act, repo);
      return { sha };
    });
  }

  async openIssue(repoName: string, options: By & { title: string; body?: string }): Promise<IssueView> {
    const repo = this.world.repository(repoName);
    const draft = { title: options.title, body: options.body ?? null };
    return await this.#act(options, (act) => viewIssue(issues.openIssue(act, repo, draft)));
  }

  /** Comments on an issue or pull request; `at`: some time ago. */
  async comment(repoName: string, number: number, options: By & { body: string; at?: Date }) {
    const issue = this.world.issue(this.world.repository(repoName), number);
    return await this.#act(options, (act) => viewComment(issues.addComment(act, issue, options)));
  }

  /** Edits a comment: one's own, or anyone's with write permission. */
  async editComment(
    repoName: string,
    commentId: number,
    options: By & { body: string },
  ): Promise<CommentView> {
    const comment = this.#comment(repoName, commentId);
    return await this.#act(options, (act) => {
      this.#demand(act, comment.issue.repo, 'write', comment.author);
      issues.editComment(act, comment, options.body);
      return viewComment(comment);
    });
  }

  async deleteComment(repoName: string, commentId: number, options: By): Promise<void> {
    const comment = this.#comment(repoName, commentId);
    await this.#act(options, (act) => {
      this.#demand(act, comment.issue.repo, 'write', comment.author);
      issues.deleteComment(act, comment);
    });
  }

  async addLabel(
    repoName: string,
    number: number,
    options: By & { label: string; at?: Date },
  ): Promise<void> {
    const issue = this.world.issue(this.world.repository(repoName), number);
    await this.#act(options, (act) => {
      this.#demand(act, issue.repo, 'triage');
      issues.addLabels(act, issue, [options.label], options.at?.toISOString());
    });
  }

  async removeLabel(repoName: string, number: number, options: By & { label: string }): Promise<void> {
    const issue = this.world.issue(this.world.repository(repoName), number);
    await this.#act(options, (act) => {
      this.#demand(act, issue.repo, 'triage');
      if (!issues.removeLabel(act, issue, options.label)) throw refused(404, 'Label does not exist');
    });
  }

  /** Reviews a pull request at its head, or at `commitId`. */
  async review(
    repoName: string,
    number: number,
    options: By & { state: keyof typeof reviewStates; body?: string; commitId?: string },
  ): Promise<ReviewView> {
    const issue = this.#pull(repoName, number);
    const state = reviewStates[options.state];
    const body = options.body ?? (state === 'APPROVED' ? '' : 'See my comments.');
    const commitId = options.commitId ?? issue.pull.head.sha;
    return await this.#act(options, (act) => viewReview(submitReview(act, issue, { state, body, commitId })));
  }

  async dismissReview(repoName: string, number: number, reviewId: number, options: By): Promise<void> {
    const issue = this.#pull(repoName, number);
    await this.#act(options, (act) => {
      this.#demand(act, issue.repo, 'write');
      dismissReview(act, issue, reviewOf(issue, reviewId));
    });
  }

  async closePullRequest(repoName: string, number: number, options: By): Promise<void> {
    await this.#setState(repoName, number, 'closed', options);
  }

  async reopen(repoName: string, number: number, options: By): Promise<void> {
    await this.#setState(repoName, number, 'open', options);
  }

  async #setState(repoName: string, number: number, state: 'open' | 'closed', options: By): Promise<void> {
    const issue = this.world.issue(this.world.repository(repoName), number);
    await this.#act(options, (act) => {
      this.#demand(act, issue.repo, 'triage', issue.author);
      issues.setState(act, issue, state);
    });
  }

  /** Makes a draft of a pull request, or the other way round. */
  async setDraft(repoName: string, number: number, draft: boolean, options: By): Promise<void> {
    const issue = this.#pull(repoName, number);
    await this.#act(options, (act) => {
      this.#demand(act, issue.repo, 'write', issue.author);
      issue.pull.draft = draft;
      issues.raiseIssueEvent(act, issue, draft ? 'converted_to_draft' : 'ready_for_review');
    });
  }

  /** Presses the merge button. */
  async mergeByHand(
    repoName: string,
    number: number,
    options: By & { method?: MergeMethod },
  ): Promise<{ sha: string }> {
    const issue = this.#pull(repoName, number);
    const method = options.method === undefined ? {} : { method: options.method };
    return await this.#act(options, async (act) => {
      this.#demand(act, issue.repo, 'write');
      return { sha: await mergePull(act, issue, method) };
    });
  }

  /** Presses "Re-run" on a check run. */
  async rerequestCheck(repoName: string, checkRunId: number, options: By): Promise<void> {
    await this.#press(repoName, checkRunId, options, rerequestCheckRun);
  }

  /** Presses "Re-run all checks" of the check's suite. */
  async rerequestSuite(repoName: string, checkRunId: number, options: By): Promise<void> {
    await this.#press(repoName, checkRunId, options, rerequestCheckSuite);
  }

  /** Presses a button that the App put on a check run. */
  async pressButton(
    repoName: string,
    checkRunId: number,
    options: By & { identifier: string },
  ): Promise<void> {
    await this.#press(repoName, checkRunId, options, (act, check) =>
      requestAction(act, check, options.identifier),
    );
  }

  async #press(
    repoName: string,
    checkRunId: number,
    options: By,
    button: (act: Act, check: CheckRun) => void,
  ): Promise<void> {
    const repo = this.world.repository(repoName);
    const check = repo.checkRuns.find((one) => one.id === checkRunId);
    if (check === undefined) throw refused(404, 'Not Found');
    await this.#act(options, (act) => {
      this.#demand(act, repo, 'write');
      button(act, check);
    });
  }

  #pull(repoName: string, number: number): PullRequest {
    return this.world.pull(this.world.repository(repoName), number);
  }

  #comment(repoName: string, id: number): Comment {
    const comment = issues.findComment(this.world.repository(repoName), id);
    if (comment === undefined) throw refused(404, 'Not Found');
    return comment;
  }

  /** GitHub refuses what a person may not do; the author of a thing may do more to it. */
  #demand(act: Act, repo: Repository, least: PermissionLevel, author?: Account): void {
    if (author?.id === act.actor.id) return;
    const has = this.world.permission(repo, act.actor);
    if (has === 'none' || permissionLevels.indexOf(has) < permissionLevels.indexOf(least)) {
      throw refused(403, `${act.actor.login} needs ${least} permission for this`);
    }
  }

  async #act<T>(options: By, what: (act: Act) => T | Promise<T>): Promise<T> {
    const act = new Act(this.world, this.world.account(options.by));
    const result = await what(act);
    await this.webhooks.deliver(act.raised, options.deliver === false);
    return result;
  }
}

function reviewOf(issue: PullRequest, id: number): Review {
  const review = issue.pull.reviews.find((one) => one.id === id);
  if (review === undefined) throw refused(404, 'Not Found');
  return review;
}
