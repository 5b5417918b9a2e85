import { describe, expect, it } from 'vitest';
import { approvalStillStands, judgeReview, type ReviewFacts } from '../../src/domain/approval.ts';
import type { Approval, Deploy, DeployState } from '../../src/domain/deploy.ts';

const COMMIT = 'c'.repeat(40);
const OTHER = 'd'.repeat(40);
const DIGEST = `sha256:${'9f'.repeat(32)}`;
const APPROVAL: Approval = { reviewer: 'ana', reviewId: 7, commit: COMMIT, digest: DIGEST };
const OPEN: DeployState = { kind: 'open', since: 1, pullRequest: 5, commit: COMMIT };
const APPROVED: DeployState = { kind: 'approved', at: 2, pullRequest: 5, commit: COMMIT, approval: APPROVAL };

function deploy(state: DeployState, more: Partial<Deploy> = {}): Deploy {
  return {
    id: 1,
    repo: 'EESSI/software-layer',
    pullRequest: 1453,
    headSha: 'a'.repeat(40),
    author: 'jo',
    requestedBy: 'maria',
    source: 'comment:1',
    digest: DIGEST,
    artifacts: [],
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
  reviewerMayApprove: true,
  approvers: 'members of EESSI/ingest',
};
const REST = 'It takes one approval from members of EESSI/ingest, not by jo and not by maria.';

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
      { review: review({ by: 'eve' }), reviewerMayApprove: false },
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
    expect(approvalStillStands(APPROVAL, { ...now, ...given })).toEqual({ kind: 'stands' });
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
    ['the reviewer left the team', { reviewerMayApprove: false }, 'not-allowed'],
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
    expect(approvalStillStands(APPROVAL, { ...now, ...given })).toMatchObject({ kind: 'refused', code });
  });
});
