/**
 * Four eyes: whose review of a deploy PR lets its bytes be published. Judged when the review arrives, and once more, with
 * everything asked anew, immediately before publishing.
 */
import { type Approval, type Deploy, outsidersOf } from './deploy.ts';
import type { Account } from './events.ts';
import { isBotAccount, sameLogin } from './permission.ts';

/** A review as GitHub lists it; ids grow with time. */
export interface ReviewFacts {
  id: number;
  reviewer: Account;
  state: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';
  /** The commit the reviewer looked at. */
  commit: string;
}

type RefusalCode =
  | 'not-open'
  | 'bot'
  | 'author'
  | 'requester'
  | 'not-allowed'
  | 'head-moved'
  | 'old-commit'
  | 'other-digest'
  | 'withdrawn'
  | 'too-few';

/** Why an approval does not count; the sentence is plain text for people. */
export interface RefusedApproval {
  kind: 'refused';
  code: RefusalCode;
  sentence: string;
}

export type Judgement =
  | { kind: 'counts'; approval: Approval }
  | { kind: 'ignored'; reason: Exclude<ReviewFacts['state'], 'approved'> }
  | RefusedApproval;

interface Reviewed {
  deploy: Deploy;
  /** Head of the deploy PR, from GitHub, now. */
  headCommit: string;
  /** What decide() says of the action `approve` for a login, now. */
  mayApprove: (login: string) => boolean;
  /** Who may approve, from whoMay(). */
  approvers: string;
  /** Approvals of different people it takes. */
  needed: number;
}

/** Judges a review of a deploy PR. */
export function judgeReview(asked: Reviewed & { review: ReviewFacts }): Judgement {
  const { review, deploy } = asked;
  if (review.state !== 'approved') return { kind: 'ignored', reason: review.state };
  if (deploy.state.kind !== 'open') return refuse('not-open', notOpen(deploy));
  const refusal =
    judgeReviewer(review.reviewer, asked) ?? judgeCommit(review.commit, deploy.state.commit, asked);
  if (refusal !== null) return refusal;
  const { commit } = deploy.state;
  const reviewer = review.reviewer.login;
  return { kind: 'counts', approval: { reviewer, reviewId: review.id, commit, digest: deploy.digest } };
}

/** The approvals an open deploy has: of each person the newest that counts and was not taken back. */
export function standingApprovals(asked: Reviewed & { reviews: readonly ReviewFacts[] }): Approval[] {
  const { reviews } = asked;
  const byPerson = new Map<string, Approval>();
  for (const review of [...reviews].sort((a, b) => a.id - b.id)) {
    if (isWithdrawn(review, reviews)) continue;
    const judged = judgeReview({ ...asked, review });
    if (judged.kind === 'counts') byPerson.set(review.reviewer.login.toLowerCase(), judged.approval);
  }
  return [...byPerson.values()];
}

/**
 * Whether enough of the recorded approvals still hold, right before publishing.
 * @param asked `reviews`: all of the deploy PR, from GitHub, now; `currentDigest`: of the bytes about to be published
 */
export function approvalsStillStand(
  approvals: readonly Approval[],
  asked: Reviewed & { reviews: readonly ReviewFacts[]; currentDigest: string },
): { kind: 'stands' } | RefusedApproval {
  const people = new Set<string>();
  let fallen: RefusedApproval | null = null;
  for (const approval of approvals) {
    const verdict = stillStands(approval, asked);
    if (verdict.kind === 'stands') people.add(approval.reviewer.toLowerCase());
    else fallen ??= verdict;
  }
  if (people.size >= Math.max(1, asked.needed)) return { kind: 'stands' };
  return (
    fallen ??
    refuse(
      'too-few',
      `It takes ${asked.needed} approvals here, and ${people.size} was given; nothing was published.`,
    )
  );
}

function stillStands(
  approval: Approval,
  asked: Reviewed & { reviews: readonly ReviewFacts[]; currentDigest: string },
): { kind: 'stands' } | RefusedApproval {
  const { deploy, reviews, currentDigest } = asked;
  if (deploy.state.kind !== 'approved' && deploy.state.kind !== 'ingesting') {
    return refuse('not-open', `This deploy is ${deploy.state.kind}; nothing was published from it now.`);
  }
  if (currentDigest !== approval.digest || deploy.digest !== approval.digest) {
    return refuse(
      'other-digest',
      `${approval.reviewer} approved ${short(approval.digest)}, but the artifacts are now ${short(currentDigest)}; nothing was published.`,
    );
  }
  const review = reviews.find((one) => one.id === approval.reviewId);
  if (
    review === undefined ||
    !sameLogin(review.reviewer.login, approval.reviewer) ||
    isWithdrawn(review, reviews)
  ) {
    return refuse('withdrawn', `${approval.reviewer} took the approval back, or it was dismissed.`);
  }
  return (
    judgeReviewer(review.reviewer, asked) ??
    judgeCommit(approval.commit, deploy.state.commit, asked) ??
    judgeCommit(review.commit, deploy.state.commit, asked) ?? { kind: 'stands' }
  );
}

/** Dismissed itself, or followed by the same person's change request (even one that somebody else dismissed). */
function isWithdrawn(review: ReviewFacts, reviews: readonly ReviewFacts[]): boolean {
  if (review.state !== 'approved') return true;
  return reviews.some(
    (later) =>
      later.id > review.id &&
      sameLogin(later.reviewer.login, review.reviewer.login) &&
      (later.state === 'changes_requested' || later.state === 'dismissed'),
  );
}

function judgeReviewer(reviewer: Account, asked: Reviewed): RefusedApproval | null {
  const { deploy, approvers, needed } = asked;
  const { login } = reviewer;
  const rest = `It takes ${needed === 1 ? 'one approval' : `${needed} approvals`} from ${approvers}, ${outsidersOf(
    deploy,
  )
    .map((outsider) => `not by ${outsider}`)
    .join(' and ')}.`;
  if (isBotAccount(reviewer)) {
    return refuse('bot', `${login} is a bot, and only people approve. ${rest}`);
  }
  if (sameLogin(login, deploy.author)) {
    return refuse(
      'author',
      `${login} wrote ${deploy.repo}#${deploy.pullRequest}, so a second person approves. ${rest}`,
    );
  }
  if (outsidersOf(deploy).some((outsider) => sameLogin(login, outsider))) {
    return refuse('requester', `${login} asked for this deploy, so a second person approves. ${rest}`);
  }
  if (!asked.mayApprove(login)) {
    return refuse('not-allowed', `${login} is not among those who approve here. ${rest}`);
  }
  return null;
}

function judgeCommit(seen: string, recorded: string, asked: Reviewed): RefusedApproval | null {
  if (asked.headCommit !== recorded) {
    return refuse(
      'head-moved',
      `This deploy PR shows the artifacts at commit ${short(recorded)}, but its head is now ${short(asked.headCommit)}; nobody can approve that. Ask for a new deploy.`,
    );
  }
  if (seen === recorded) return null;
  return refuse(
    'old-commit',
    `The review is of commit ${short(seen)}, but the artifacts are shown at ${short(recorded)}. Please review that commit.`,
  );
}

function notOpen({ state }: Deploy): string {
  switch (state.kind) {
    case 'approved':
    case 'ingesting':
      return `This deploy is approved already, by ${namesOf(state.approvals)}; nothing more is needed.`;
    case 'published':
      return `This deploy is published already, as revision ${state.revision}.`;
    case 'rolled-back':
      return `This deploy was published and taken back. A new deploy can be asked for on the software pull request.`;
    case 'rejected':
      return `This deploy was rejected by ${state.by}. A new deploy can be asked for on the software pull request.`;
    case 'superseded':
      return 'A newer deploy has taken the place of this one. Please review that one.';
    case 'preparing':
      return 'This deploy is not ready to be approved yet. Please review again when it says so.';
    default:
      return 'This deploy has failed. A new deploy can be asked for on the software pull request.';
  }
}

function namesOf(approvals: readonly Approval[]): string {
  return approvals.map(({ reviewer }) => reviewer).join(' and ');
}

function refuse(code: RefusalCode, sentence: string): RefusedApproval {
  return { kind: 'refused', code, sentence };
}

/** The first seven characters of a commit or, behind `sha256:`, of a digest. */
function short(hash: string): string {
  const [, algorithm = '', hex = ''] = /^(sha256:)?(.*)$/s.exec(hash) ?? [];
  return `${algorithm}${hex.slice(0, 7)}`;
}
