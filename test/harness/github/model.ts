/** What the double remembers. Everything GitHub numbers has an id; times are ISO with whole seconds, as on GitHub. */
import type { FileChange, GitRepository } from './git.ts';

export type Json = Record<string, unknown>;
export type PermissionLevel = 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type Changes = Record<string, FileChange>;

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
  readonly createdAt: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Repository {
  readonly id: number;
  owner: Account;
  name: string;
  readonly isPrivate: boolean;
  readonly defaultBranch: string;
  readonly forkOf: Repository | null;
  readonly git: GitRepository;
  /** Its owner deleted it; pull requests from it stay, and say no more where they came from. */
  isDeleted: boolean;
  readonly createdAt: string;
  pushedAt: string;
  /** By lower-case login. */
  readonly permissions: Map<string, PermissionLevel>;
  /** By lower-case name. */
  readonly labels: Map<string, Label>;
  /** The number given last; issues and pull requests share them. */
  lastNumber: number;
  /** Issues and pull requests, by number. */
  readonly issues: Map<number, Issue>;
  readonly checkRuns: CheckRun[];
}

export interface Comment {
  readonly id: number;
  readonly issue: Issue;
  readonly author: Account;
  readonly viaApp: boolean;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  /** The bodies it had before, oldest first. */
  readonly edits: string[];
  readonly reactions: Reaction[];
}

export interface Reaction {
  readonly id: number;
  readonly author: Account;
  readonly content: string;
  readonly createdAt: string;
}

export interface Issue {
  readonly id: number;
  readonly repo: Repository;
  readonly number: number;
  readonly author: Account;
  readonly viaApp: boolean;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  labels: Label[];
  /** Labels that came and went, and when it was closed; oldest first. */
  readonly events: IssueEvent[];
  assignees: Account[];
  readonly comments: Comment[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  readonly pull: Pull | null;
}

export interface IssueEvent {
  readonly id: number;
  readonly event: 'labeled' | 'unlabeled' | 'closed';
  readonly actor: Account;
  /** null: it is not about one. */
  readonly label: Label | null;
  readonly at: string;
}

/** What makes an issue a pull request. */
export interface Pull {
  readonly id: number;
  readonly head: { readonly repo: Repository; readonly ref: string; sha: string };
  readonly base: { ref: string; sha: string };
  draft: boolean;
  readonly reviews: Review[];
  stats: PullStats;
  merged: { readonly at: string; readonly by: Account; readonly sha: string } | null;
}

/** Kept beside the pull request so that payloads can be made without asking git again. */
export interface PullStats {
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
  readonly mergeable: boolean;
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';

export interface Review {
  readonly id: number;
  readonly author: Account;
  state: ReviewState;
  readonly body: string;
  readonly commitId: string;
  readonly submittedAt: string;
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: string;
  readonly title?: string;
  readonly message: string;
}

/** A button on a check run. */
export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export interface CheckRun {
  readonly id: number;
  readonly suiteId: number;
  readonly repo: Repository;
  readonly headSha: string;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  detailsUrl: string | null;
  externalId: string;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Annotation[];
  actions: readonly CheckAction[];
}

export interface Installation {
  readonly id: number;
  readonly account: Account;
  readonly createdAt: string;
}

export interface AccessToken {
  readonly installation: Installation;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly permissions: Readonly<Record<string, string>>;
  /** Ids of the repositories it is limited to, or null for all of the installation. */
  readonly repositories: readonly number[] | null;
}

/** From the least to the most. */
export const permissionLevels: readonly PermissionLevel[] = ['read', 'triage', 'write', 'maintain', 'admin'];

/** What a person chooses, and what GitHub calls it. */
export const reviewStates = {
  approved: 'APPROVED',
  changes_requested: 'CHANGES_REQUESTED',
  commented: 'COMMENTED',
} as const;
