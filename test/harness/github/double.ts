/**
 * A stand-in for GitHub that holds state: real git repositories, real HTTP, signed webhooks, every request and
 * answer held to GitHub's own description. For the demo and for the tests.
 */
import type { KeyObject } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { install } from './actions/installations.ts';
import type { Fault } from './faults.ts';
import { readFiles } from './files.ts';
import type { Changes, Json, PermissionLevel } from './model.ts';
import { Owners } from './owners.ts';
import { type GitRequestRecord, HttpServer, type RequestRecord } from './server.ts';
import {
  type CheckRunView,
  type CommentView,
  type IssueView,
  type PullView,
  viewCheckRun,
  viewComment,
  viewIssue,
  viewPull,
} from './views.ts';
import { type WaitOptions, waitFor } from './wait.ts';
import { type Delivery, WebhookSender } from './webhooks.ts';
import { World } from './world.ts';

export interface GitHubOptions {
  /** A folder of its own, for the git repositories. */
  readonly dir: string;
  readonly webhookSecret: string;
  readonly appId?: number;
  readonly botLogin?: string;
  /** With it the App's JWTs must be signed by its private half. */
  readonly publicKey?: string | KeyObject;
  readonly permissions?: Readonly<Record<string, string>>;
  /** The webhook events the App subscribed to. */
  readonly events?: readonly string[];
  /** false: nothing is checked against GitHub's description. */
  readonly validate?: boolean;
  readonly clock?: () => Date;
}

/** The files of a new repository, or a folder that holds them. */
export type RepositorySource = { readonly files: Changes } | { readonly fromDirectory: string };

const defaultPermissions = {
  metadata: 'read',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  members: 'read',
  pull_requests: 'write',
};
const defaultEvents = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
];
const waitTimeoutMs = 10_000;

export class GitHubDouble extends Owners {
  /** The base address: REST at its root, git at `/<owner>/<repo>.git`. */
  readonly url: string;
  readonly #server: HttpServer;

  private constructor(world: World, webhooks: WebhookSender, server: HttpServer) {
    super(world, webhooks);
    this.url = world.url;
    this.#server = server;
  }

  static async start(options: GitHubOptions): Promise<GitHubDouble> {
    const app = {
      id: options.appId ?? 4242,
      botLogin: options.botLogin ?? 'stratobot[bot]',
      permissions: options.permissions ?? defaultPermissions,
      events: options.events ?? defaultEvents,
    };
    await mkdir(join(options.dir, 'git'), { recursive: true });
    const validate = options.validate ?? true;
    const world = new World(options.dir, app, options.clock ?? (() => new Date()));
    const webhooks = new WebhookSender(world, options.webhookSecret, validate);
    const server = new HttpServer({ world, webhooks, publicKey: options.publicKey, validate });
    world.url = await server.listen();
    return new GitHubDouble(world, webhooks, server);
  }

  /** Stops listening and sending; the repositories stay in their folder. */
  async close(): Promise<void> {
    await this.webhooks.close();
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // --- the world as it is set up -----------------------------------------------------------------------------

  addUser(login: string): void {
    this.world.addAccount(login, 'User');
  }

  addOrg(login: string): void {
    this.world.addAccount(login, 'Organization');
  }

  /** Makes a team (`org/slug`), or adds people to it. */
  addTeam(team: string, logins: readonly string[]): void {
    const members = this.world.teams.get(team.toLowerCase()) ?? new Set();
    for (const login of logins) members.add(this.world.account(login).login.toLowerCase());
    this.world.teams.set(team.toLowerCase(), members);
  }

  removeFromTeam(team: string, login: string): void {
    this.world.teams.get(team.toLowerCase())?.delete(login.toLowerCase());
  }

  /** Makes `owner/name` with one commit on `main`; an owner nobody added becomes a user. */
  async createRepository(
    name: string,
    source: RepositorySource,
    options: { private?: boolean } = {},
  ): Promise<{ sha: string; dir: string }> {
    const repo = await this.world.addRepository(name, { isPrivate: options.private ?? false });
    const changes = 'files' in source ? source.files : await readFiles(source.fromDirectory);
    const message = 'Start';
    const sha = await this.world.commit(repo, {
      branch: 'main',
      parent: null,
      changes,
      message,
      by: repo.owner,
    });
    return { sha, dir: repo.git.dir };
  }

  setPermission(repoName: string, login: string, level: PermissionLevel): void {
    const { login: known } = this.world.account(login);
    this.world.repository(repoName).permissions.set(known.toLowerCase(), level);
  }

  /** Installs the App on all repositories of the owners; raises `installation.created` where a webhook is set. */
  async installApp(...owners: string[]): Promise<void> {
    for (const owner of owners) {
      const { raised } = install(this.world, owner);
      if (this.webhooks.url !== null) await this.webhooks.deliver([raised]);
    }
  }

  /** Where webhooks go from now on; null: to nobody, each is logged as failed. */
  setWebhookUrl(url: string | null): void {
    this.webhooks.url = url;
  }

  // --- webhooks and trouble ------------------------------------------------------------------------------------

  /** Every attempt to deliver a webhook, oldest first. */
  get deliveries(): readonly Delivery[] {
    return this.webhooks.deliveries;
  }

  /** As after three days: the log has nothing any more. */
  forgetDeliveries(): void {
    this.webhooks.deliveries.length = 0;
  }

  /** Sends the newest delivery with a GUID again. */
  async redeliver(guid: string): Promise<Delivery> {
    const delivery = this.webhooks.deliveries.findLast((one) => one.guid === guid);
    if (delivery === undefined) throw new Error(`no delivery ${guid}`);
    return await this.webhooks.redeliver(delivery);
  }

  /** Sends any payload, signed but unchecked; headers are laid over GitHub's own. */
  async sendRaw(raw: { event: string; payload: Json; headers?: Record<string, string> }): Promise<Delivery> {
    return await this.webhooks.sendRaw(raw.event, raw.payload, raw.headers);
  }

  /** Resolves when every webhook the App caused is delivered. */
  async settled(): Promise<void> {
    await this.webhooks.settled();
  }

  /** @returns what ends the trouble before it came as often as planned */
  failNext(fault: Fault): () => void {
    return this.#server.faults.add(fault);
  }

  /** Faults that were planned and did not happen (yet). */
  get pendingFaults(): readonly Fault[] {
    return this.#server.faults.pending;
  }

  // --- what can be seen --------------------------------------------------------------------------------------------

  /** REST requests, oldest first. */
  get requests(): readonly RequestRecord[] {
    return this.#server.requests;
  }

  get gitRequests(): readonly GitRequestRecord[] {
    return this.#server.gitRequests;
  }

  /** What broke GitHub's description: by the client, by an answer of ours, or by asking for an unknown route. */
  get violations(): string[] {
    return this.world.violations;
  }

  /** Emits what changed (see WorldEvent), and `change` with the name of every event. */
  get events(): EventEmitter {
    return this.world.events;
  }

  /** Issues that are no pull requests, oldest first. */
  issues(repoName: string): IssueView[] {
    const repo = this.world.repository(repoName);
    return [...repo.issues.values()].filter((issue) => issue.pull === null).map(viewIssue);
  }

  /** Comments of an issue or pull request, oldest first. */
  comments(repoName: string, number: number): CommentView[] {
    return this.world.issue(this.world.repository(repoName), number).comments.map(viewComment);
  }

  /** Check runs, oldest first, of one commit or of all. */
  checkRuns(repoName: string, sha?: string): CheckRunView[] {
    const { checkRuns } = this.world.repository(repoName);
    return checkRuns.filter((check) => sha === undefined || check.headSha === sha).map(viewCheckRun);
  }

  pullRequest(repoName: string, number: number): PullView {
    return viewPull(this.world.pull(this.world.repository(repoName), number));
  }

  /** All pull requests, by number. */
  pullRequests(repoName: string): PullView[] {
    const repo = this.world.repository(repoName);
    return [...repo.issues.values()].flatMap(({ number, pull }) =>
      pull === null ? [] : [viewPull(this.world.pull(repo, number))],
    );
  }

  labels(repoName: string, number: number): string[] {
    return this.world.issue(this.world.repository(repoName), number).labels.map((label) => label.name);
  }

  /** A file's text at a branch, ref or sha, or null. */
  async fileAt(repoName: string, ref: string, path: string): Promise<string | null> {
    const { git } = this.world.repository(repoName);
    const sha = await git.resolve(ref);
    const entry = sha === null ? null : await git.entryAt(sha, path);
    return entry?.type === 'blob' ? (await git.blob(entry.sha)).toString() : null;
  }

  /** The commits of a branch, newest first. */
  async log(
    repoName: string,
    branch: string,
  ): Promise<{ sha: string; parents: readonly string[]; message: string }[]> {
    return await this.world.repository(repoName).git.log([`refs/heads/${branch}`]);
  }

  /** The paths of all files at a branch, ref or sha. */
  async filesAt(repoName: string, ref: string): Promise<string[]> {
    const { git } = this.world.repository(repoName);
    const sha = await git.resolve(ref);
    if (sha === null) return [];
    return (await git.tree(sha, true)).filter((entry) => entry.type === 'blob').map((entry) => entry.path);
  }

  /** Resolves with the first value that is not false, null or undefined; asked again after every change. */
  async waitFor<T>(
    predicate: () => T | Promise<T>,
    options: Partial<WaitOptions> = {},
  ): Promise<Exclude<T, false | null | undefined>> {
    const what = options.what ?? predicate.toString();
    return await waitFor(this.world.events, predicate, {
      timeoutMs: options.timeoutMs ?? waitTimeoutMs,
      what,
    });
  }
}
