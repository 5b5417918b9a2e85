import { describe, expect, it } from 'vitest';
import {
  approvalsStillStand,
  judgeReview,
  type ReviewFacts,
  standingApprovals,
} from '../../src/domain/approval.ts';
import type { Approval, Deploy, DeployState } from '../../src/domain/deploy.ts';

const COMMIT = 'c'.repeat(40);
const OTHER = 'd'.repeat(40);
const DIGEST = `sha256:${'9f'.repeat(32)}`;
const APPROVAL: Approval = { reviewer: 'ana', reviewId: 7, commit: COMMIT, digest: DIGEST };
const OPEN: DeployState = { kind: 'open', since: 1, pullRequest: 5, commit: COMMIT };
const APPROVED: DeployState = {
  kind: 'approved',
  at: 2,
  pullRequest: 5,
  commit: COMMIT,
  approvals: [APPROVAL],
};

function deploy(state: DeployState, more: Partial<Deploy> = {}): Deploy {
  return {
    id: 1,
    repo: 'EESSI/software-layer',
    pullRequest: 1453,
    headSha: 'a'.repeat(40),
    author: 'jo',
    requestedBy: 'maria',
    earlierAskers: [],
    differences: null,
    source: 'comment:1',
    digest: DIGEST,
    artifacts: [],
    rebuild: false,
    despiteTests: null,
    staging: 'EESSI/staging',
    state,
    createdAt: 0,
    ...more,
  };
}

function review(more: Partial<ReviewFacts> & { by?: string; isBot?: boolean } = {}): ReviewFacts {
  const { by = 'ana', isBot = false, ...facts } = more;
  return { id: 7, reviewer: { login: by, isBot }, state: 'approved', commit: COMMIT, ...facts };
}

const GIVEN = {
  deploy: deploy(OPEN),
  headCommit: COMMIT,
  mayApprove: () => true,
  approvers: 'members of EESSI/ingest',
  needed: 1,
};
const REST = 'It takes one approval from members of EESSI/ingest, not by maria and not by jo.';

describe('a review of a deploy PR', () => {
  it('counts, and names the bytes', () => {
    expect(judgeReview({ ...GIVEN, review: review() })).toEqual({ kind: 'counts', approval: APPROVAL });
  });

  it.each(['commented', 'changes_requested', 'dismissed', 'pending'] as const)(
    'that is %s means nothing',
    (state) => {
      expect(judgeReview({ ...GIVEN, review: review({ state, by: 'jo' }) })).toEqual({
        kind: 'ignored',
        reason: state,
      });
    },
  );

  it.each<[string, Partial<typeof GIVEN> & { review: ReviewFacts }, string, string]>([
    [
      'the author',
      { review: review({ by: 'JO' }) },
      'author',
      `JO wrote EESSI/software-layer#1453, so a second person approves. ${REST}`,
    ],
    [
      'who asked',
      { review: review({ by: 'Maria' }) },
      'requester',
      `Maria asked for this deploy, so a second person approves. ${REST}`,
    ],
    [
      'a bot',
      { review: review({ by: 'helper', isBot: true }) },
      'bot',
      `helper is a bot, and only people approve. ${REST}`,
    ],
    [
      'a bot by name',
      { review: review({ by: 'helper[bot]' }) },
      'bot',
      `helper[bot] is a bot, and only people approve. ${REST}`,
    ],
    [
      'a stranger',
      { review: review({ by: 'eve' }), mayApprove: () => false },
      'not-allowed',
      `eve is not among those who approve here. ${REST}`,
    ],
    [
      'an older commit',
      { review: review({ commit: OTHER }) },
      'old-commit',
      'The review is of commit ddddddd, but the artifacts are shown at ccccccc. Please review that commit.',
    ],
    [
      'no commit',
      { review: review({ commit: '' }) },
      'old-commit',
      'The review is of commit , but the artifacts are shown at ccccccc. Please review that commit.',
    ],
    [
      'a head that moved',
      { review: review(), headCommit: OTHER },
      'head-moved',
      'This deploy PR shows the artifacts at commit ccccccc, but its head is now ddddddd; nobody can approve that. Ask for a new deploy.',
    ],
    [
      'the moved head itself',
      { review: review({ commit: OTHER }), headCommit: OTHER },
      'head-moved',
      'This deploy PR shows the artifacts at commit ccccccc, but its head is now ddddddd; nobody can approve that. Ask for a new deploy.',
    ],
  ])('by or of %s is refused', (_, given, code, sentence) => {
    expect(judgeReview({ ...GIVEN, ...given })).toEqual({ kind: 'refused', code, sentence });
  });

  it('names one person where the author asked', () => {
    const own = deploy(OPEN, { requestedBy: 'Jo' });
    expect(judgeReview({ ...GIVEN, deploy: own, review: review({ by: 'jo' }) })).toMatchObject({
      sentence: expect.stringMatching(/not by jo\.$/),
    });
  });

  it.each<[DeployState, RegExp]>([
    [{ kind: 'preparing', since: 1 }, /not ready/],
    [APPROVED, /approved already, by ana/],
    [{ ...APPROVED, kind: 'ingesting', since: 1 }, /approved already, by ana/],
    [{ ...APPROVED, kind: 'published', revision: 4711, files: 1, path: '/' }, /as revision 4711/],
    [{ kind: 'rejected', at: 1, pullRequest: 5, by: 'ana', reason: '' }, /rejected by ana/],
    [{ kind: 'superseded', at: 1, pullRequest: 5, by: 2 }, /newer deploy/],
    [{ kind: 'failed', at: 1, pullRequest: 5, reason: '', incident: [] }, /failed/],
  ])('of a deploy that is not open is refused: %j', (state, sentence) => {
    expect(judgeReview({ ...GIVEN, deploy: deploy(state), review: review() })).toMatchObject({
      kind: 'refused',
      code: 'not-open',
      sentence: expect.stringMatching(sentence),
    });
  });
});

describe('right before publishing', () => {
  const now = { ...GIVEN, deploy: deploy(APPROVED), reviews: [review()], currentDigest: DIGEST };

  it.each<[string, Partial<typeof now>]>([
    ['nothing changed', {}],
    ['ingesting began', { deploy: deploy({ ...APPROVED, kind: 'ingesting', since: 3 }) }],
    ['the login changed its case', { reviews: [review({ by: 'ANA' })] }],
    [
      'others asked for changes',
      { reviews: [review(), review({ id: 8, by: 'eve', state: 'changes_requested' })] },
    ],
    [
      'an older change request of the reviewer',
      { reviews: [review({ id: 6, state: 'changes_requested' }), review()] },
    ],
    ['a later remark of the reviewer', { reviews: [review(), review({ id: 8, state: 'commented' })] }],
  ])('the approval stands: %s', (_, given) => {
    expect(approvalsStillStand([APPROVAL], { ...now, ...given })).toEqual({ kind: 'stands' });
  });

  it.each<[string, Partial<typeof now>, string]>([
    ['it was dismissed', { reviews: [review({ state: 'dismissed' })] }, 'withdrawn'],
    ['it is gone', { reviews: [] }, 'withdrawn'],
    ['the id is of another person', { reviews: [review({ by: 'eve' })] }, 'withdrawn'],
    [
      'the reviewer asked for changes since',
      { reviews: [review({ id: 8, by: 'Ana', state: 'changes_requested' }), review()] },
      'withdrawn',
    ],
    [
      'that change request was dismissed',
      { reviews: [review(), review({ id: 8, state: 'dismissed' })] },
      'withdrawn',
    ],
    ['the bytes are others', { currentDigest: 'sha256:00' }, 'other-digest'],
    ['the record is of other bytes', { deploy: deploy(APPROVED, { digest: 'sha256:00' }) }, 'other-digest'],
    ['the head moved', { headCommit: OTHER }, 'head-moved'],
    ['the review is of another commit', { reviews: [review({ commit: OTHER })] }, 'old-commit'],
    [
      'the deploy shows another commit',
      { deploy: deploy({ ...APPROVED, commit: OTHER }), headCommit: OTHER },
      'old-commit',
    ],
    ['the reviewer left the team', { mayApprove: () => false }, 'not-allowed'],
    ['the reviewer is the author', { deploy: deploy(APPROVED, { author: 'Ana' }) }, 'author'],
    ['the reviewer asked for it', { deploy: deploy(APPROVED, { requestedBy: 'ANA' }) }, 'requester'],
    ['the reviewer is a bot', { reviews: [review({ isBot: true })] }, 'bot'],
    ['the deploy is not approved', { deploy: deploy(OPEN) }, 'not-open'],
    [
      'the deploy was rejected',
      { deploy: deploy({ kind: 'rejected', at: 1, pullRequest: 5, by: 'x', reason: '' }) },
      'not-open',
    ],
  ])('the approval falls: %s', (_, given, code) => {
    expect(approvalsStillStand([APPROVAL], { ...now, ...given })).toMatchObject({ kind: 'refused', code });
  });
});

describe('several approvals', () => {
  const two = { ...GIVEN, needed: 2 };
  const people = (reviews: ReviewFacts[]) =>
    standingApprovals({ ...two, reviews }).map(({ reviewer, reviewId }) => `${reviewer} ${reviewId}`);

  it.each<[string, ReviewFacts[], string[]]>([
    ['two people', [review(), review({ id: 8, by: 'max' })], ['ana 7', 'max 8']],
    ['one person twice', [review(), review({ id: 8, by: 'ANA' })], ['ANA 8']],
    ['one of the two is the author', [review(), review({ id: 8, by: 'jo' })], ['ana 7']],
    ['one of the two is a bot', [review(), review({ id: 8, by: 'x[bot]' })], ['ana 7']],
    [
      'one of the two is of another commit',
      [review(), review({ id: 8, by: 'max', commit: OTHER })],
      ['ana 7'],
    ],
    ['one was dismissed', [review({ state: 'dismissed' }), review({ id: 8, by: 'max' })], ['max 8']],
    [
      'one asks for changes since',
      [review(), review({ id: 8, by: 'max' }), review({ id: 9, state: 'changes_requested' })],
      ['max 8'],
    ],
    [
      'one asked for changes and approved again',
      [review({ id: 5, state: 'changes_requested' }), review(), review({ id: 8, by: 'max' })],
      ['ana 7', 'max 8'],
    ],
    ['none', [], []],
  ])('are counted by person: %s', (_, reviews, expected) => {
    expect(people(reviews)).toEqual(expected);
  });

  const second: Approval = { ...APPROVAL, reviewer: 'max', reviewId: 8 };
  const both = { ...two, reviews: [review(), review({ id: 8, by: 'max' })], currentDigest: DIGEST };
  const state: DeployState = { ...APPROVED, approvals: [APPROVAL, second] };

  it('stand together right before publishing', () => {
    const asked = { ...both, deploy: deploy(state) };
    expect(approvalsStillStand([APPROVAL, second], asked)).toEqual({ kind: 'stands' });
  });

  it.each<[string, Approval[], ReviewFacts[], string]>([
    [
      'one of them was dismissed',
      [APPROVAL, second],
      [review(), review({ id: 8, by: 'max', state: 'dismissed' })],
      'withdrawn',
    ],
    ['one is recorded twice', [APPROVAL, APPROVAL], both.reviews, 'too-few'],
    ['the rule asks for more since', [APPROVAL], both.reviews, 'too-few'],
    ['nothing is recorded', [], both.reviews, 'too-few'],
  ])('fall together: %s', (_, approvals, reviews, code) => {
    const asked = { ...both, deploy: deploy(state), reviews };
    expect(approvalsStillStand(approvals, asked)).toMatchObject({ kind: 'refused', code });
  });

  it('say how many it takes', () => {
    const judged = judgeReview({ ...two, review: review({ by: 'jo' }) });
    expect(judged).toMatchObject({ sentence: expect.stringContaining('It takes 2 approvals from members') });
  });
});
