/** REST: comments, labels, checks, permissions. */
import { describe, expect, it } from 'vitest';
import {
  client,
  freshDoubleForEachTest,
  github,
  lastEvent,
  name,
  openPull,
  received,
  repo,
} from './setup.ts';

freshDoubleForEachTest();

describe('REST', () => {
  it('lets the bot comment, edit, react and label, as a bot', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const issue = { ...repo, issue_number: pull.number };
    const { data: comment } = await octokit.issues.createComment({ ...issue, body: 'working' });
    expect(comment).toMatchObject({
      user: { login: 'stratobot[bot]', type: 'Bot' },
      performed_via_github_app: { slug: 'stratobot' },
    });
    await octokit.issues.updateComment({ ...repo, comment_id: comment.id, body: 'done' });
    const reaction = { ...repo, comment_id: comment.id, content: 'eyes' as const };
    expect((await octokit.reactions.createForIssueComment(reaction)).status).toBe(201);
    expect((await octokit.reactions.createForIssueComment(reaction)).status).toBe(200);
    await octokit.issues.addLabels({ ...issue, labels: ['ready', 'set'] });
    await octokit.issues.removeLabel({ ...issue, name: 'set' });
    expect((await octokit.issues.listLabelsOnIssue(issue)).data.map((label) => label.name)).toEqual([
      'ready',
    ]);
    expect((await octokit.issues.getComment({ ...repo, comment_id: comment.id })).data.reactions?.eyes).toBe(
      1,
    );
    expect(github.comments(name, pull.number)).toMatchObject([{ body: 'done', edits: ['working'] }]);
    await github.settled();
    expect(received.map(({ event, payload }) => `${event}.${payload.action}`)).toEqual(
      expect.arrayContaining(['issue_comment.created', 'issue_comment.edited', 'pull_request.labeled']),
    );
    expect(received.find(({ event }) => event === 'issue_comment')?.payload).toMatchObject({
      sender: { type: 'Bot' },
    });
    await octokit.issues.deleteComment({ ...repo, comment_id: comment.id });
    expect(github.comments(name, pull.number)).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it('pages through comments', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const issue = { ...repo, issue_number: pull.number };
    for (const body of ['1', '2', '3', '4', '5']) await octokit.issues.createComment({ ...issue, body });
    const all = await octokit.paginate(octokit.issues.listComments, { ...issue, per_page: 2 });
    expect(all.map((one) => one.body)).toEqual(['1', '2', '3', '4', '5']);
    expect(github.requests.filter((one) => one.operationId === 'issues/list-comments')).toHaveLength(3);
    expect(github.violations).toEqual([]);
  });

  it('keeps check runs, and people ask for them again', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const start = { ...repo, name: 'build zen2', head_sha: pull.head.sha, status: 'in_progress' as const };
    const { data: check } = await octokit.checks.create({
      ...start,
      details_url: 'https://bot.example/1',
      external_id: '7',
    });
    expect(check.pull_requests).toMatchObject([{ number: pull.number }]);
    const output = { title: 'Failed', summary: 'zlib did not build' };
    await octokit.checks.update({ ...repo, check_run_id: check.id, conclusion: 'failure', output });
    expect(github.checkRuns(name, pull.head.sha)).toMatchObject([
      { status: 'completed', conclusion: 'failure', ...output },
    ]);
    await octokit.checks.create({ ...start, name: 'build zen3' });
    const { data: found } = await octokit.checks.listForRef({
      ...repo,
      ref: pull.head.sha,
      check_name: 'build zen2',
    });
    expect(found).toMatchObject({ total_count: 1, check_runs: [{ id: check.id }] });
    await github.settled();
    await github.rerequestCheck(name, check.id, { by: 'bob' });
    expect(lastEvent()).toMatchObject({
      event: 'check_run',
      payload: { action: 'rerequested', check_run: { id: check.id } },
    });
    expect(github.violations).toEqual([]);
  });

  it('knows who may do what', async () => {
    github.addUser('mallory');
    const { octokit } = await client();
    const level = async (username: string) =>
      (await octokit.repos.getCollaboratorPermissionLevel({ ...repo, username })).data;
    expect(await level('bob')).toMatchObject({ permission: 'write', role_name: 'maintain' });
    expect(await level('carol')).toMatchObject({ permission: 'read', role_name: 'triage' });
    expect(await level('mallory')).toMatchObject({ permission: 'read', role_name: 'read' });
    const team = { org: 'EESSI', team_slug: 'reviewers' };
    const bob = await octokit.teams.getMembershipForUserInOrg({ ...team, username: 'bob' });
    expect(bob.data.state).toBe('active');
    github.removeFromTeam('EESSI/reviewers', 'bob');
    const again = octokit.teams.getMembershipForUserInOrg({ ...team, username: 'bob' });
    await expect(again).rejects.toMatchObject({ status: 404 });
    expect((await octokit.users.getByUsername({ username: 'stratobot[bot]' })).data.type).toBe('Bot');
    expect((await octokit.repos.get(repo)).data).toMatchObject({
      default_branch: 'main',
      clone_url: `${github.url}/${name}.git`,
    });
    expect((await octokit.rateLimit.get()).data.rate.limit).toBe(5000);
    const { data: issue } = await octokit.issues.create({
      ...repo,
      title: 'Tell',
      body: 'all',
      labels: ['news'],
    });
    await octokit.issues.update({ ...repo, issue_number: issue.number, state: 'closed' });
    expect(github.labels(name, issue.number)).toEqual(['news']);
    expect(github.violations).toEqual([]);
  });

  it('refuses bodies that are too long', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const body = 'x'.repeat(65_537);
    const issue = { ...repo, issue_number: pull.number };
    await expect(octokit.issues.createComment({ ...issue, body })).rejects.toMatchObject({ status: 422 });
    expect(github.comments(name, pull.number)).toEqual([]);
  });

  it('answers 304 to who has the current version', async () => {
    const { octokit } = await client();
    const { headers } = await octokit.repos.get(repo);
    const again = octokit.repos.get({ ...repo, headers: { 'if-none-match': headers.etag ?? '' } });
    await expect(again).rejects.toMatchObject({ status: 304 });
  });
});
