/** All state of the double: accounts, repositories, installations, tokens, and who is told when something changes. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { refused } from './errors.ts';
import { GitRepository } from './git.ts';
import type {
  AccessToken,
  Account,
  Changes,
  Installation,
  Issue,
  PermissionLevel,
  Pull,
  Repository,
} from './model.ts';

/** What changed, as `double.events` names it; every change is also emitted as `change`. */
export type WorldEvent =
  | 'comment'
  | 'comment-edited'
  | 'comment-deleted'
  | 'check'
  | 'issue'
  | 'pull-request'
  | 'review'
  | 'merged'
  | 'label'
  | 'delivery'
  | 'request';

export interface AppSettings {
  readonly id: number;
  readonly botLogin: string;
  /** What the App may do where it is installed, as in its manifest. */
  readonly permissions: Readonly<Record<string, string>>;
  /** The webhook events the App asked for. */
  readonly events: readonly string[];
}

const tokenLifeMs = 60 * 60 * 1000;

/** Ids are as large as GitHub's: beyond 32 bits where GitHub's are. */
const firstId = 3_000_000_000;

export class World {
  readonly dir: string;
  readonly app: AppSettings;
  readonly bot: Account;
  readonly appOwner: Account;
  readonly startedAt: string;
  readonly accounts = new Map<string, Account>();
  readonly teams = new Map<string, Set<string>>();
  readonly repositories = new Map<string, Repository>();
  /** Repositories by the names they had before. */
  readonly formerNames = new Map<string, Repository>();
  readonly installations = new Map<string, Installation>();
  readonly tokens = new Map<string, AccessToken>();
  readonly events = new EventEmitter();
  readonly violations: string[] = [];
  /** The base address, set once the server listens. */
  url = '';
  #lastId = firstId;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #clock: () => Date;

  constructor(dir: string, app: AppSettings, clock: () => Date) {
    this.dir = dir;
    this.app = app;
    this.#clock = clock;
    this.startedAt = this.now();
    this.events.setMaxListeners(0);
    this.bot = this.addAccount(app.botLogin, 'Bot');
    this.appOwner = this.addAccount('app-owner', 'User');
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  milliseconds(): number {
    return this.#clock().getTime();
  }

  /** Now, in whole seconds as GitHub writes it. */
  now(): string {
    return `${this.#clock().toISOString().slice(0, 19)}Z`;
  }

  changed(event: WorldEvent, subject: unknown): void {
    this.events.emit(event, subject);
    this.events.emit('change', event);
  }

  /** Runs what reads git and then changes state, one after the other. */
  async inTurn<T>(what: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(what);
    this.#turn = mine.catch(() => {});
    return await mine;
  }

  violation(text: string): void {
    this.violations.push(text);
  }

  addAccount(login: string, type: Account['type']): Account {
    const known = this.accounts.get(login.toLowerCase());
    if (known !== undefined) return known;
    const account: Account = { id: this.nextId(), login, type, createdAt: this.now() };
    this.accounts.set(login.toLowerCase(), account);
    return account;
  }

  /** The account with a login; a login nobody added is a mistake in the test. */
  account(login: string): Account {
    const account = this.accounts.get(login.toLowerCase());
    if (account === undefined) throw new Error(`no account ${login}: add it with addUser or addOrg`);
    return account;
  }

  repository(fullName: string): Repository {
    const repo = this.repositories.get(fullName.toLowerCase());
    if (repo === undefined) throw new Error(`no repository ${fullName}: make it with createRepository`);
    return repo;
  }

  /** An issue or pull request; answers 404 when there is none. */
  issue(repo: Repository, number: number): Issue {
    const issue = repo.issues.get(number);
    if (issue === undefined) throw refused(404, 'Not Found');
    return issue;
  }

  pull(repo: Repository, number: number): Issue & { readonly pull: Pull } {
    const issue = this.issue(repo, number);
    if (!isPull(issue)) throw refused(404, 'Not Found');
    return issue;
  }

  /** Makes a repository with an empty bare git repository, or as a fork with all branches of another. */
  async addRepository(
    fullName: string,
    options: { isPrivate?: boolean; forkOf?: Repository } = {},
  ): Promise<Repository> {
    const [ownerLogin = '', name = ''] = fullName.split('/');
    const owner = this.addAccount(ownerLogin, 'User');
    const dir = join(this.gitRoot, owner.login, `${name}.git`);
    const source = options.forkOf;
    const now = this.now();
    const repo: Repository = {
      id: this.nextId(),
      owner,
      name,
      isPrivate: options.isPrivate ?? source?.isPrivate ?? false,
      defaultBranch: 'main',
      forkOf: source ?? null,
      git:
        source === undefined ? await GitRepository.create(dir) : await GitRepository.clone(source.git, dir),
      isDeleted: false,
      createdAt: now,
      pushedAt: now,
      permissions: new Map(),
      labels: new Map(),
      lastNumber: 0,
      issues: new Map(),
      checkRuns: [],
    };
    this.repositories.set(fullName.toLowerCase(), repo);
    return repo;
  }

  get gitRoot(): string {
    return join(this.dir, 'git');
  }

  /** One commit by a person on a branch; resolves with its sha. */
  async commit(
    repo: Repository,
    change: { branch: string; parent: string | null; changes: Changes; message: string; by: Account },
  ): Promise<string> {
    const { by, ...rest } = change;
    repo.pushedAt = this.now();
    return await repo.git.commit({ ...rest, author: this.identity(by) });
  }

  identity(account: Account): { name: string; email: string; date: string } {
    const email = `${account.id}+${account.login}@users.noreply.github.com`;
    return { name: account.login, email, date: this.now() };
  }

  install(login: string): Installation {
    const account = this.account(login);
    const installation: Installation = { id: this.nextId(), account, createdAt: this.now() };
    this.installations.set(login.toLowerCase(), installation);
    return installation;
  }

  installationOf(repo: Repository): Installation | undefined {
    return this.installations.get(repo.owner.login.toLowerCase());
  }

  issueToken(token: Omit<AccessToken, 'expiresAt'>): { secret: string; token: AccessToken } {
    const secret = `ghs_${randomBytes(18).toString('hex')}`;
    const kept = { ...token, expiresAt: this.milliseconds() + tokenLifeMs };
    this.tokens.set(secret, kept);
    return { secret, token: kept };
  }

  /** What a person may do: the owner everything, outsiders read what is public. */
  permission(repo: Repository, account: Account): PermissionLevel | 'none' {
    if (account.id === repo.owner.id) return 'admin';
    return repo.permissions.get(account.login.toLowerCase()) ?? (repo.isPrivate ? 'none' : 'read');
  }
}

/** `owner/name`. */
export function fullName(repo: Repository): string {
  return `${repo.owner.login}/${repo.name}`;
}

export function isPull(issue: Issue): issue is Issue & { readonly pull: Pull } {
  return issue.pull !== null;
}
