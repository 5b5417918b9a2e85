/** What people do on the double, and the webhooks it raises. */
import { Webhooks } from '@octokit/webhooks';
import { describe, expect, it } from 'vitest';
import { freshDoubleForEachTest, github, lastEvent, name, openPull, received, secret } from './setup.ts';

const webhooks = new Webhooks({ secret });

freshDoubleForEachTest();

describe('people', () => {
  it('raise signed webhooks that GitHub knows', async () => {
    const pull = await openPull();
    await github.push(name, pull.number, { by: 'alice', changes: { 'a.txt': 'a' } });
    const comment = await github.comment(name, pull.number, { by: 'bob', body: 'bot: help' });
    await github.editComment(name, comment.id, { by: 'bob', body: 'bot: status' });
    await github.deleteComment(name, comment.id, { by: 'bob' });
    await github.addLabel(name, pull.number, { by: 'carol', label: 'bot:deploy' });
    await github.removeLabel(name, pull.number, { by: 'carol', label: 'bot:deploy' });
    const review = await github.review(name, pull.number, { by: 'bob', state: 'approved' });
    await github.dismissReview(name, pull.number, review.id, { by: 'bob' });
    await github.closePullRequest(name, pull.number, { by: 'alice' });
    await github.reopen(name, pull.number, { by: 'alice' });
    await github.mergeByHand(name, pull.number, { by: 'bob' });
    const issue = await github.openIssue(name, { by: 'alice', title: 'A question' });
    await github.comment(name, issue.number, { by: 'alice', body: 'really' });
    expect(received.map(({ event, payload }) => `${event}.${payload.action}`)).toEqual([
      'pull_request.opened',
      'pull_request.synchronize',
      'issue_comment.created',
      'issue_comment.edited',
      'issue_comment.deleted',
      'pull_request.labeled',
      'pull_request.unlabeled',
      'pull_request_review.submitted',
      'pull_request_review.dismissed',
      'pull_request.closed',
      'pull_request.reopened',
      'pull_request.closed',
      'issues.opened',
      'issue_comment.created',
    ]);
    for (const { text, headers } of received) {
      expect(await webhooks.verify(text, String(headers['x-hub-signature-256']))).toBe(true);
    }
    expect(github.violations).toEqual([]);
    expect(github.pullRequest(name, pull.number)).toMatchObject({
      merged: true,
      mergedBy: 'bob',
      state: 'closed',
    });
    expect(await github.fileAt(name, 'main', 'a.txt')).toBe('a');
  });

  it('comment on pull requests and on plain issues, and the payload tells them apart', async () => {
    const pull = await openPull();
    const issue = await github.openIssue(name, { by: 'alice', title: 'A question' });
    await github.comment(name, pull.number, { by: 'bob', body: 'here' });
    expect(lastEvent().payload.issue).toHaveProperty('pull_request.url');
    expect(lastEvent().payload).toMatchObject({
      organization: { login: 'EESSI' },
      sender: { login: 'bob', type: 'User' },
    });
    await github.comment(name, issue.number, { by: 'bob', body: 'there' });
    expect(lastEvent().payload.issue).not.toHaveProperty('pull_request');
  });

  it('may not do what GitHub forbids them', async () => {
    const pull = await openPull();
    const refusal = (status: number) => expect.objectContaining({ status });
    await expect(github.review(name, pull.number, { by: 'alice', state: 'approved' })).rejects.toEqual(
      refusal(422),
    );
    await expect(github.addLabel(name, pull.number, { by: 'alice', label: 'x' })).rejects.toEqual(
      refusal(403),
    );
    await expect(github.mergeByHand(name, pull.number, { by: 'carol' })).rejects.toEqual(refusal(403));
    const body = 'x'.repeat(65_537);
    await expect(github.comment(name, pull.number, { by: 'alice', body })).rejects.toEqual(refusal(422));
  });

  it('replace the commits of a pull request by force', async () => {
    const pull = await openPull();
    const { sha } = await github.push(name, pull.number, {
      by: 'alice',
      changes: { 'other.yml': 'x' },
      force: true,
    });
    expect(lastEvent().payload).toMatchObject({ action: 'synchronize', before: pull.head.sha, after: sha });
    expect(await github.filesAt(name, sha)).toEqual(['README.md', 'bot/build.sh', 'other.yml']);
  });
});
