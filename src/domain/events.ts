/** What happened on GitHub, in the product's own words: made from a verified webhook, at the edge. */
export type DomainEvent =
  | CommentEvent
  | EditedCommentEvent
  | LabelEvent
  | HeadEvent
  | DraftEvent
  | ClosedEvent
  | ReviewEvent
  | ButtonEvent;

/** What a button of a check asks for. */
export type ButtonName = 'retry' | 'cancel';

/** Somebody pressed a button of a check: GitHub's own "Re-run", or one of the bot's. */
export interface ButtonEvent {
  kind: 'button';
  button: ButtonName;
  repo: string;
  headSha: string;
  /** The check's; null for all checks of the commit. */
  externalId: string | null;
  by: Account;
}

/** A person, a bot or an organisation's account on GitHub. */
export interface Account {
  login: string;
  isBot: boolean;
}

/** A comment was written on an issue or a pull request. */
export interface CommentEvent {
  kind: 'comment';
  repo: string;
  number: number;
  isPullRequest: boolean;
  commentId: number;
  author: Account;
  body: string;
  /** Unix ms, whole seconds. */
  writtenAt: number;
}

/** A person changed the text of a comment: one's own, or another person's. */
export interface EditedCommentEvent {
  kind: 'edited';
  repo: string;
  number: number;
  isPullRequest: boolean;
  commentId: number;
  author: Account;
  editor: Account;
  before: string;
  body: string;
}

/** A label was added to a pull request. */
export interface LabelEvent {
  kind: 'label';
  repo: string;
  number: number;
  label: string;
  by: Account;
  headSha: string;
  at: number;
}

/** A pull request was opened, reopened or got new commits. */
export interface HeadEvent {
  kind: 'head';
  repo: string;
  number: number;
  headSha: string;
  /** When the head moved (unix ms), or null when the pull request was just opened with it. */
  movedAt: number | null;
  /** When GitHub said so, unix ms. */
  at: number;
}

/** A pull request was made a draft. */
export interface DraftEvent {
  kind: 'draft';
  repo: string;
  number: number;
}

/** A pull request was closed or merged. */
export interface ClosedEvent {
  kind: 'closed';
  repo: string;
  number: number;
  merged: boolean;
  by: Account;
  at: number;
}

/** A review was submitted on a pull request. */
export interface ReviewEvent {
  kind: 'review';
  repo: string;
  number: number;
  reviewId: number;
  reviewer: Account;
  state: 'approved' | 'changes_requested' | 'commented' | 'dismissed';
  /** The commit the reviewer looked at. */
  commit: string;
}
