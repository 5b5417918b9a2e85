/** What the workflow asks of GitHub. */
import type { DomainEvent } from '../domain/events.ts';

export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export interface PullRequest {
  repo: string;
  number: number;
  title: string;
  author: { login: string; isBot: boolean };
  state: 'open' | 'closed';
  merged: boolean;
  draft: boolean;
  labels: string[];
  headSha: string;
  baseRef: string;
  updatedAt: number;
}

export interface Review {
  id: number;
  reviewer: { login: string; isBot: boolean };
  state: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';
  commit: string;
}

/** A remark on lines of a file at the check's commit, shown beside them where the pull request changed them. */
export interface Annotation {
  /** From the root of the repository. */
  path: string;
  /** From 1. */
  startLine: number;
  endLine: number;
  level: 'notice' | 'warning' | 'failure';
  /** At most 255 characters. */
  title: string;
  /** Plain text, at most 64 KiB. */
  message: string;
}

export interface CheckOutput {
  name: string;
  /** Finds the check again; see domain/check-id.ts. */
  externalId: string;
  headSha: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | 'neutral' | null;
  detailsUrl: string | null;
  title: string;
  summary: string;
  /** Any number. GitHub only ever adds to those a check has: what was written before stays first, in the same order. */
  annotations: readonly Annotation[];
  /** Buttons, at most three. */
  actions: readonly { label: string; identifier: string; description: string }[];
}

/** An attempt of GitHub to deliver a webhook. Attempts to deliver the same one share its GUID. */
export interface SentDelivery {
  guid: string;
  event: string;
  action: string | null;
  /** Unix ms. */
  deliveredAt: number;
  /** Whether it was answered with 2xx. */
  taken: boolean;
  /** What was sent; null when GitHub no longer has it. */
  payload(): Promise<unknown>;
}

/** A webhook as GitHub would have sent it, made from what it shows now. */
export interface FoundEvent {
  /** Made of what it is about: the same whenever it is found. */
  guid: string;
  event: string;
  payload: unknown;
  /** What somebody asks for by it, and when (unix ms): by a comment, or by a label that is still there. */
  asked: { by: 'comment'; id: number; at: number } | ({ by: 'label' } & SetLabel) | null;
}

/** A label that somebody set on a pull request. */
export interface SetLabel {
  repo: string;
  number: number;
  label: string;
  /** Unix ms. */
  at: number;
}

export interface GitHub {
  pullRequest(repo: string, number: number): Promise<PullRequest | null>;
  /** Whether everybody may see a repository; remembered for some minutes. */
  isPublic(repo: string): Promise<boolean>;
  role(repo: string, login: string): Promise<Role>;
  /** `team` is `org/slug`. */
  isTeamMember(team: string, login: string): Promise<boolean>;

  createComment(repo: string, number: number, body: string): Promise<number>;
  /** 'gone' when somebody deleted it. */
  updateComment(repo: string, commentId: number, body: string): Promise<'updated' | 'gone'>;
  /** A comment of this App that contains the marker, or null. */
  findComment(repo: string, number: number, marker: string): Promise<number | null>;
  removeLabel(repo: string, number: number, label: string): Promise<void>;
  addLabel(repo: string, number: number, label: string): Promise<void>;

  createCheck(repo: string, check: CheckOutput): Promise<number>;
  updateCheck(repo: string, checkId: number, check: CheckOutput): Promise<void>;
  findCheck(repo: string, headSha: string, externalId: string): Promise<number | null>;

  /**
   * Runs the newest jobs of GitHub Actions of this name on a commit again. 'none': there is no such job, or GitHub does not
   * run it again now.
   */
  rerunJob(repo: string, headSha: string, name: string): Promise<'asked' | 'none'>;

  /**
   * A pull request that adds `files` in one commit on branch `branch`, off the default branch. Done again with the same
   * branch it finds what is there.
   */
  proposeFiles(
    repo: string,
    proposal: { branch: string; title: string; body: string; message: string; files: Record<string, string> },
  ): Promise<{ number: number; commit: string }>;
  /** An issue with a marker in its body, made unless this App has one with it; its number. */
  openIssue(repo: string, issue: { marker: string; title: string; body: string }): Promise<number>;
  /**
   * Moves a folder of files on the default branch, in one commit and whoever else moves that branch meanwhile. Done again it
   * finds the files in place. The files are those of the first of `from` that is there, or `otherwise`; the others go.
   * Throws Permanent where the bot may not commit to that branch.
   */
  moveFolder(
    repo: string,
    move: { from: readonly string[]; to: string; otherwise: Record<string, string>; message: string },
  ): Promise<void>;
  reviews(repo: string, number: number): Promise<Review[]>;
  /** Merges only when `sha` is still the head. */
  merge(repo: string, number: number, sha: string, title: string): Promise<'merged' | 'moved' | 'refused'>;
  closePullRequest(repo: string, number: number): Promise<void>;
  /** URL and a short-lived token for git over HTTPS; the token is null where none is needed. */
  gitAccess(repo: string): Promise<{ url: string; token: string | null }>;
  /** What GitHub sent to this App at `since` (unix ms) or later, newest first; a request for each 100 that are read. */
  deliveriesSince(since: number): AsyncIterable<SentDelivery>;
  /**
   * Heads of open pull requests that changed since (unix ms), those of `labels` that were set on them since, and comments
   * written on open ones since; the first 1,000 of each.
   */
  openPullsSince(repo: string, since: number, labels: readonly string[]): Promise<FoundEvent[]>;
  /** Reviews of a pull request, and that it is closed when it is. */
  pullAsEvents(repo: string, number: number): Promise<FoundEvent[]>;
}

/** Makes a domain event of a verified webhook; null when it means nothing here. Throws Permanent when it cannot be read. */
export type TranslateEvent = (event: string, payload: unknown) => DomainEvent | null;
