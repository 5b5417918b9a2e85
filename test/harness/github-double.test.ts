import { execFile } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Octokit } from '@octokit/rest';
import { Webhooks } from '@octokit/webhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitHubDouble } from './github/double.ts';
import { answerProblems, operation, payloadProblems } from './github/openapi.ts';
import { routes } from './github/routes/all.ts';

const run = promisify(execFile);
const secret = 'a webhook secret';
const webhooks = new Webhooks({ secret });
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const repo = { owner: 'EESSI', repo: 'software-layer' };
const name = 'EESSI/software-layer';

interface Received {
  event: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  payload: Record<string, never>;
}

let dir: string;
let github: GitHubDouble;
let receiver: Server;
let received: Received[];
let receiverStatus: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'github-double-'));
  received = [];
  receiverStatus = 200;
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    received.push({
      event: String(request.headers['x-github-event']),
      headers: request.headers,
      text,
      payload: JSON.parse(text),
    });
    response.writeHead(receiverStatus).end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  github = await GitHubDouble.start({ dir, webhookSecret: secret, publicKey });
  github.addOrg('EESSI');
  for (const login of ['alice', 'bob', 'carol']) github.addUser(login);
  await github.createRepository(name, {
    files: { 'README.md': 'hello\n', 'bot/build.sh': { content: '#!/bin/bash\n', mode: '100755' } },
  });
  github.setPermission(name, 'bob', 'maintain');
  github.setPermission(name, 'carol', 'triage');
  github.addTeam('EESSI/reviewers', ['bob']);
  await github.installApp('EESSI');
  github.setWebhookUrl(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
});

afterEach(async () => {
  await github.close();
  receiver.closeAllConnections();
  receiver.close();
  await rm(dir, { recursive: true, force: true });
});

function jwt(claims: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now, exp: now + 300, iss: 4242, ...claims })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
}

const log = { debug() {}, info() {}, warn() {}, error() {} };

function appClient(token = jwt()): Octokit {
  return new Octokit({ baseUrl: github.url, auth: token, log });
}

async function client(limits: { repositories?: string[]; permissions?: Record<string, string> } = {}) {
  const app = appClient();
  const { data: installation } = await app.apps.getRepoInstallation(repo);
  const { data } = await app.apps.createInstallationAccessToken({
    installation_id: installation.id,
    ...limits,
  });
  return { octokit: new Octokit({ baseUrl: github.url, auth: data.token, log }), token: data.token };
}

async function openPull(fork = false) {
  const changes = { 'easystacks/zlib.yml': 'easyconfigs:\n  - zlib-1.3.eb\n' };
  return await github.openPullRequest(name, {
    by: 'alice',
    title: 'Add zlib',
    body: 'please',
    changes,
    fork,
  });
}

function lastEvent(): Received {
  const last = received.at(-1);
  if (last === undefined) throw new Error('nothing was received');
  return last;
}

describe('the description', () => {
  it('has every route of the double', () => {
    const unknown = routes.filter((route) => operation(route.method, route.template) === undefined);
    expect(unknown.map((route) => `${route.method} ${route.template}`)).toEqual([]);
  });

  it('tells what an answer or a webhook lacks, and what it made up', () => {
    const op = operation('GET', '/repos/{owner}/{repo}/issues/{issue_number}/labels');
    if (op === undefined) throw new Error('no such operation');
    const label = {
      id: 1,
      node_id: 'x',
      url: 'https://x.example',
      name: 'x',
      description: null,
      default: false,
    };
    expect(answerProblems(op, 200, [{ ...label, color: 'red' }])).toEqual([]);
    expect(answerProblems(op, 200, [{ ...label, colour: 'red' }])).toEqual([
      "issues/list-labels-on-issue answer 200/0: must have required property 'color'",
      'issues/list-labels-on-issue answer 200/0/colour: a field GitHub does not know',
    ]);
    expect(answerProblems(op, 202, [])).toEqual(['issues/list-labels-on-issue answer 202: not described']);
    expect(payloadProblems('issue_comment', { action: 'created' })).toContain(
      "webhook issue_comment/created: must have required property 'comment'",
    );
    expect(payloadProblems('issue_comment', { action: 'sung' })).toEqual([
      'webhook issue_comment/sung: GitHub sends no such event',
    ]);
  });
});

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

describe('webhooks', () => {
  it('are not tried again by themselves, stay in the log, and are redelivered with their GUID', async () => {
    receiverStatus = 500;
    await openPull();
    expect(received).toHaveLength(1);
    const app = appClient();
    const { data: failed } = await app.apps.listWebhookDeliveries();
    expect(failed).toMatchObject([
      { event: 'pull_request', action: 'opened', status_code: 500, redelivery: false },
    ]);
    receiverStatus = 200;
    await app.apps.redeliverWebhookDelivery({ delivery_id: failed[0]?.id ?? 0 });
    const again = await github.waitFor(() => github.deliveries[1], { what: 'the redelivery' });
    expect(again).toMatchObject({ guid: failed[0]?.guid, redelivery: true, statusCode: 200 });
    const { data: whole } = await app.apps.getWebhookDelivery({ delivery_id: again.id });
    expect(whole.request.payload).toMatchObject({ action: 'opened' });
    expect(github.violations).toEqual([]);
  });

  it('that get lost are found in the log, page by page', async () => {
    const pull = await openPull();
    for (const body of ['1', '2', '3'])
      await github.comment(name, pull.number, { by: 'bob', body, deliver: false });
    expect(received).toHaveLength(1);
    const app = appClient();
    const first = await app.apps.listWebhookDeliveries({ per_page: 2 });
    const cursor = /cursor=(\d+)/.exec(first.headers.link ?? '')?.[1] ?? '';
    const second = await app.apps.listWebhookDeliveries({ per_page: 2, cursor });
    expect([...first.data, ...second.data].map((one) => one.status_code)).toEqual([502, 502, 502, 200]);
    expect(second.headers.link).toBeUndefined();
  });

  it('of events the App did not ask for are not sent; raw ones are', async () => {
    await github.pushBranch(name, 'main', { by: 'bob', changes: { 'x.txt': 'x' } });
    expect(received).toEqual([]);
    await github.sendRaw({
      event: 'ping',
      payload: { zen: 'ok' },
      headers: { 'X-Hub-Signature-256': 'sha256=0' },
    });
    expect(lastEvent().headers['x-hub-signature-256']).toBe('sha256=0');
  });
});

describe('the App', () => {
  it('learns of its installation, and finds it again', async () => {
    github.addUser('dave');
    await github.createRepository('dave/stack', { files: { a: 'a' } }, { private: true });
    await github.installApp('dave');
    expect(lastEvent()).toMatchObject({ event: 'installation', payload: { action: 'created' } });
    const app = appClient();
    const { data: user } = await app.apps.getUserInstallation({ username: 'dave' });
    expect((await app.apps.getOrgInstallation({ org: 'eessi' })).data.account).toMatchObject({
      login: 'EESSI',
    });
    await expect(app.apps.getOrgInstallation({ org: 'dave' })).rejects.toMatchObject({ status: 404 });
    expect((await app.apps.getWebhookConfigForApp()).data.url).toMatch(/^http:/);
    const { data } = await app.apps.createInstallationAccessToken({ installation_id: user.id });
    const octokit = new Octokit({ baseUrl: github.url, auth: data.token, log });
    const { data: reached } = await octokit.apps.listReposAccessibleToInstallation();
    expect(reached.repositories.map((one) => one.full_name)).toEqual(['dave/stack']);
    expect(github.violations).toEqual([]);
  });
});

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

  it('opens a pull request from commits made through the API, and merges it only at the head it was told', async () => {
    const { octokit } = await client();
    const { data: main } = await octokit.git.getRef({ ...repo, ref: 'heads/main' });
    const { data: base } = await octokit.git.getCommit({ ...repo, commit_sha: main.object.sha });
    const { data: blob } = await octokit.git.createBlob({ ...repo, content: 'YQ==', encoding: 'base64' });
    const { data: tree } = await octokit.git.createTree({
      ...repo,
      base_tree: base.tree.sha,
      tree: [
        { path: 'deploy/1.json', mode: '100644', type: 'blob', content: '{}' },
        { path: 'deploy/a', mode: '100644', type: 'blob', sha: blob.sha },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    });
    const { data: commit } = await octokit.git.createCommit({
      ...repo,
      message: 'Deploy 1',
      tree: tree.sha,
      parents: [base.sha],
    });
    await octokit.git.createRef({ ...repo, ref: 'refs/heads/deploy/1', sha: commit.sha });
    expect(await github.filesAt(name, 'deploy/1')).toEqual(['bot/build.sh', 'deploy/1.json', 'deploy/a']);
    const { data: pull } = await octokit.pulls.create({
      ...repo,
      title: 'Deploy 1',
      head: 'deploy/1',
      base: 'main',
      body: 'see',
    });
    expect(pull).toMatchObject({ mergeable: true, changed_files: 3, commits: 1, head: { sha: commit.sha } });
    const number = { ...repo, pull_number: pull.number };
    const { data: files } = await octokit.pulls.listFiles(number);
    expect(files.map((file) => [file.filename, file.status])).toEqual([
      ['README.md', 'removed'],
      ['deploy/1.json', 'added'],
      ['deploy/a', 'added'],
    ]);
    expect((await octokit.pulls.list({ ...repo, head: 'EESSI:deploy/1' })).data).toHaveLength(1);
    expect((await octokit.pulls.listCommits(number)).data.map((one) => one.sha)).toEqual([commit.sha]);
    await github.review(name, pull.number, { by: 'bob', state: 'approved' });
    const { data: reviews } = await octokit.pulls.listReviews(number);
    expect(reviews).toMatchObject([{ state: 'APPROVED', commit_id: commit.sha, user: { login: 'bob' } }]);
    const { sha: moved } = await github.push(name, pull.number, { by: 'bob', changes: { 'deploy/b': 'b' } });
    await expect(octokit.pulls.merge({ ...number, sha: commit.sha })).rejects.toMatchObject({ status: 409 });
    const { data: merge } = await octokit.pulls.merge({ ...number, sha: moved });
    await expect(octokit.pulls.merge(number)).rejects.toMatchObject({ status: 405 });
    expect(
      (await octokit.git.getCommit({ ...repo, commit_sha: merge.sha })).data.parents.map((one) => one.sha),
    ).toEqual([base.sha, moved]);
    await octokit.git.deleteRef({ ...repo, ref: 'heads/deploy/1' });
    expect(github.violations).toEqual([]);
  });

  it('says when branches conflict', async () => {
    const pull = await github.openPullRequest(name, {
      by: 'alice',
      title: 'Mine',
      changes: { 'README.md': 'mine\n' },
    });
    await github.pushBranch(name, 'main', { by: 'bob', changes: { 'README.md': 'theirs\n' } });
    const { octokit } = await client();
    const number = { ...repo, pull_number: pull.number };
    expect((await octokit.pulls.get(number)).data).toMatchObject({
      mergeable: false,
      mergeable_state: 'dirty',
    });
    await expect(octokit.pulls.merge(number)).rejects.toMatchObject({ status: 405 });
    await octokit.pulls.update({ ...number, title: 'Ours', state: 'closed' });
    expect(github.pullRequest(name, pull.number)).toMatchObject({
      title: 'Ours',
      state: 'closed',
      merged: false,
    });
    expect(github.violations).toEqual([]);
  });

  it('moves refs forward, and back only by force', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const ref = `heads/${pull.head.ref}`;
    const update = { ...repo, ref, sha: pull.base.sha };
    await expect(octokit.git.updateRef(update)).rejects.toMatchObject({ status: 422 });
    await octokit.git.updateRef({ ...update, force: true });
    expect(github.pullRequest(name, pull.number).head.sha).toBe(pull.base.sha);
    expect((await octokit.git.listMatchingRefs({ ...repo, ref: 'heads/' })).data).toHaveLength(2);
    await expect(
      octokit.git.createRef({ ...repo, ref: 'refs/heads/main', sha: pull.base.sha }),
    ).rejects.toMatchObject({
      status: 422,
    });
    await octokit.git.deleteRef({ ...repo, ref });
    expect(github.pullRequest(name, pull.number).state).toBe('closed');
    await expect(octokit.git.getRef({ ...repo, ref })).rejects.toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });

  it('reads and changes files, branches and comparisons', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const at = { ...repo, path: 'docs/new file.md' };
    const content = Buffer.from('text').toString('base64');
    const made = await octokit.repos.createOrUpdateFileContents({ ...at, message: 'Write', content });
    const blob = made.data.content?.sha ?? '';
    const wrong = { ...at, message: 'Again', content, sha: 'f'.repeat(40) };
    await expect(octokit.repos.createOrUpdateFileContents(wrong)).rejects.toMatchObject({ status: 409 });
    expect((await octokit.repos.getContent(at)).data).toMatchObject({ type: 'file', content });
    expect((await octokit.repos.getContent({ ...repo, path: 'docs' })).data).toMatchObject([
      { name: 'new file.md' },
    ]);
    expect((await octokit.repos.getContent({ ...repo, path: '' })).data).toHaveLength(3);
    const raw = await octokit.repos.getContent({ ...at, mediaType: { format: 'raw' } });
    expect(raw.data).toBe('text');
    await octokit.repos.deleteFile({ ...at, message: 'Remove', sha: blob });
    await expect(octokit.repos.getContent(at)).rejects.toMatchObject({ status: 404 });
    const { data: branch } = await octokit.repos.getBranch({ ...repo, branch: 'main' });
    const basehead = `${branch.commit.sha}...${pull.head.sha}`;
    const { data: comparison } = await octokit.repos.compareCommitsWithBasehead({ ...repo, basehead });
    expect(comparison).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 2 });
    const { data: tree } = await octokit.git.getTree({ ...repo, tree_sha: 'main', recursive: 'true' });
    expect(tree.tree.find((entry) => entry.path === 'bot/build.sh')?.mode).toBe('100755');
    const sha = tree.tree.find((entry) => entry.path === 'README.md')?.sha ?? '';
    expect((await octokit.git.getBlob({ ...repo, file_sha: sha })).data.content).toBe(
      Buffer.from('hello\n').toString('base64'),
    );
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

  it('opens one pull request for a branch of a fork', async () => {
    await github.openPullRequest(name, { by: 'alice', title: 'One', changes: { one: '1' }, fork: true });
    await github.pushBranch('alice/software-layer', 'topic', { by: 'alice', changes: { two: '2' } });
    const { octokit } = await client();
    const draft = { ...repo, title: 'Two', head: 'alice:topic', base: 'main' };
    const { data: pull } = await octokit.pulls.create(draft);
    expect(pull).toMatchObject({ number: 2, head: { label: 'alice:topic', repo: { fork: true } } });
    await expect(octokit.pulls.create(draft)).rejects.toThrow(
      'A pull request already exists for alice:topic',
    );
    await expect(octokit.pulls.create({ ...draft, head: 'main' })).rejects.toThrow(
      'No commits between main and main',
    );
    const { data: commit } = await octokit.repos.getCommit({ ...repo, ref: pull.head.sha });
    expect(commit).toMatchObject({ stats: { additions: 1, deletions: 0 }, author: { login: 'alice' } });
    const [first, second] = await Promise.all([
      github.push(name, 1, { by: 'alice', changes: { a: 'a' } }),
      github.push(name, 2, { by: 'alice', changes: { b: 'b' } }),
    ]);
    const moved = received.filter(({ payload }) => payload.action === 'synchronize');
    expect(moved.map(({ payload }) => payload.after).sort()).toEqual([first.sha, second.sha].sort());
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

describe('authentication', () => {
  it('wants a signed JWT of the App for its own routes', async () => {
    expect((await appClient().apps.getAuthenticated()).data).toMatchObject({ slug: 'stratobot' });
    expect((await appClient().apps.listInstallations()).data).toMatchObject([
      { account: { login: 'EESSI' } },
    ]);
    const forged = `${jwt().split('.').slice(0, 2).join('.')}.${Buffer.from('no').toString('base64url')}`;
    const now = Math.floor(Date.now() / 1000);
    for (const token of [forged, jwt({ exp: now - 1 }), jwt({ iss: 1 }), jwt({ exp: now + 3600 })]) {
      await expect(appClient(token).apps.getAuthenticated()).rejects.toMatchObject({ status: 401 });
    }
    expect(github.violations).toEqual([]);
  });

  it('wants a living installation token for the rest', async () => {
    let time = Date.now();
    const later = await GitHubDouble.start({
      dir: join(dir, 'later'),
      webhookSecret: secret,
      clock: () => new Date(time),
    });
    try {
      await later.createRepository(name, { files: { a: 'a' } });
      await later.installApp('EESSI');
      const app = new Octokit({ baseUrl: later.url, auth: jwt(), log });
      const { data: installation } = await app.apps.getRepoInstallation(repo);
      const { data } = await app.apps.createInstallationAccessToken({ installation_id: installation.id });
      const octokit = new Octokit({ baseUrl: later.url, auth: data.token, log });
      expect((await octokit.repos.get(repo)).status).toBe(200);
      time += 3_600_000;
      await expect(octokit.repos.get(repo)).rejects.toMatchObject({ status: 401 });
    } finally {
      await later.close();
    }
    const nobody = new Octokit({ baseUrl: github.url, log });
    await expect(nobody.repos.get(repo)).rejects.toMatchObject({ status: 401 });
  });

  it('limits a token to repositories and permissions', async () => {
    const pull = await openPull();
    await github.createRepository('EESSI/other', { files: { a: 'a' } });
    await github.createRepository('EESSI/hidden', { files: { a: 'a' } }, { private: true });
    const { octokit } = await client({ repositories: ['software-layer'], permissions: { contents: 'read' } });
    const comment = octokit.issues.createComment({ ...repo, issue_number: pull.number, body: 'x' });
    await expect(comment).rejects.toMatchObject({ status: 403 });
    expect((await octokit.repos.get({ owner: 'EESSI', repo: 'other' })).status).toBe(200);
    await expect(octokit.repos.get({ owner: 'EESSI', repo: 'hidden' })).rejects.toMatchObject({
      status: 404,
    });
    const tooMuch = client({ permissions: { administration: 'write' } });
    await expect(tooMuch).rejects.toMatchObject({ status: 422 });
    expect(github.violations).toEqual([]);
  });
});

describe('violations', () => {
  it('are noted for fields, parameters and routes that GitHub does not know', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const issue = { ...repo, issue_number: pull.number };
    await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...issue,
      body: 'x',
      colour: 'red',
    });
    await octokit.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments?colour=red', issue);
    await expect(
      octokit.request('POST /repos/{owner}/{repo}/issues', { ...repo, title: [1] as never }),
    ).rejects.toMatchObject({
      status: 422,
    });
    await expect(octokit.request('GET /repos/{owner}/{repo}/wishes', repo)).rejects.toMatchObject({
      status: 404,
    });
    expect(github.violations).toEqual([
      'issues/create-comment request/colour: a field GitHub does not know',
      "issues/list-comments: no query parameter 'colour'",
      expect.stringContaining('issues/create request/title: '),
      expect.anything(),
      expect.anything(),
      'GET /repos/EESSI/software-layer/wishes: the double has no such route',
    ]);
  });
});

describe('faults', () => {
  it('happen before or after the effect, as often as planned', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const issue = { ...repo, issue_number: pull.number };
    const path = /\/comments$/;
    github.failNext({ method: 'POST', path, status: 502, headers: { 'retry-after': '1' }, times: 2 });
    github.failNext({ method: 'POST', path, drop: true, after: true });
    for (const body of ['1', '2']) {
      await expect(octokit.issues.createComment({ ...issue, body })).rejects.toMatchObject({ status: 502 });
    }
    await expect(octokit.issues.createComment({ ...issue, body: '3' })).rejects.toMatchObject({
      status: 500,
    });
    await octokit.issues.createComment({ ...issue, body: '4' });
    expect(github.comments(name, pull.number).map((one) => one.body)).toEqual(['3', '4']);
    expect(github.pendingFaults).toEqual([]);
  });

  it('keep the client waiting', async () => {
    const { token } = await client();
    github.failNext({ path: /rate_limit/, hang: 60_000 });
    const request = { request: { signal: AbortSignal.timeout(100) } };
    const octokit = new Octokit({ baseUrl: github.url, auth: token, log });
    await expect(octokit.rateLimit.get(request)).rejects.toMatchObject({
      name: expect.stringMatching(/Timeout|Abort|HttpError/),
    });
  });
});

describe('git', () => {
  const git = (...args: string[]) =>
    run('git', args, { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' } });

  it('serves clones, the heads of pull requests from forks, and single commits', async () => {
    const pull = await openPull(true);
    expect(pull.head.repo).toBe('alice/software-layer');
    const url = `${github.url}/${name}.git`;
    const clone = join(dir, 'clone');
    await git('clone', '--quiet', url, clone);
    await git('-C', clone, 'fetch', '--quiet', 'origin', `refs/pull/${pull.number}/head`);
    expect((await git('-C', clone, 'rev-parse', 'FETCH_HEAD')).stdout.trim()).toBe(pull.head.sha);
    const { sha } = await github.push(name, pull.number, { by: 'alice', changes: { 'late.txt': 'late' } });
    await git('-C', clone, 'fetch', '--quiet', '--depth=1', 'origin', sha);
    await git('-C', clone, 'checkout', '--quiet', sha);
    expect(await readFile(join(clone, 'late.txt'), 'utf8')).toBe('late');
    expect(github.gitRequests.length).toBeGreaterThan(3);
    expect(github.requests).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it('takes pushes of who may write, and pull requests follow', async () => {
    const pull = await openPull();
    const clone = join(dir, 'clone');
    const url = (user: string) => `${github.url.replace('//', `//${user}:x@`)}/${name}`;
    await git('clone', '--quiet', '--branch', pull.head.ref, url('bob'), clone);
    const author = ['-c', 'user.name=bob', '-c', 'user.email=bob@example.org'];
    await git('-C', clone, ...author, 'commit', '--quiet', '--allow-empty', '-m', 'More');
    await expect(git('-C', clone, 'push', url('alice'), 'HEAD')).rejects.toThrow(/403/);
    await git('-C', clone, 'push', '--quiet', 'origin', 'HEAD');
    const head = (await git('-C', clone, 'rev-parse', 'HEAD')).stdout.trim();
    expect(github.pullRequest(name, pull.number).head.sha).toBe(head);
    await github.settled();
    expect(lastEvent().payload).toMatchObject({
      action: 'synchronize',
      after: head,
      sender: { login: 'bob' },
    });
  });

  it('hides private repositories from who has no token', async () => {
    await github.createRepository('EESSI/hidden', { files: { a: 'a' } }, { private: true });
    const { token } = await client();
    const path = `${github.url}/EESSI/hidden.git`;
    await expect(git('ls-remote', path)).rejects.toThrow();
    const { stdout } = await git('ls-remote', path.replace('//', `//x-access-token:${token}@`), 'main');
    expect(stdout).toMatch(/refs\/heads\/main/);
  });
});

describe('pages', () => {
  it('show a pull request to a browser, and nothing in it is run', async () => {
    const pull = await openPull();
    await github.comment(name, pull.number, { by: 'bob', body: '<script>alert(1)</script>' });
    const page = `${github.url}/${name}/pull/${pull.number}`;
    const text = await (await fetch(page, { headers: { accept: 'text/html' } })).text();
    expect(text).toContain('Add zlib #1');
    expect(text).toContain('&#60;script&#62;');
    expect(text).not.toContain('<script>');
    expect(github.requests).toEqual([]);
  });
});

describe('a repository', () => {
  it('starts from the files of a folder', async () => {
    const source = join(dir, 'source');
    await mkdir(join(source, 'bot'), { recursive: true });
    await writeFile(join(source, 'bot', 'build.sh'), '#!/bin/bash\n', { mode: 0o755 });
    await writeFile(join(source, 'binary'), Buffer.from([0, 255, 10]));
    await symlink('bot/build.sh', join(source, 'link'));
    const { sha, dir: bare } = await github.createRepository('EESSI/copied', { fromDirectory: source });
    const { stdout } = await run('git', ['-C', bare, 'ls-tree', '-r', sha]);
    expect(stdout.split('\n').map((line) => `${line.slice(0, 6)} ${line.split('\t')[1]}`)).toEqual([
      '100644 binary',
      '100755 bot/build.sh',
      '120000 link',
      ' undefined',
    ]);
  });
});

describe('waiting', () => {
  it('looks again after each change, and says what it waited for in vain', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const seen = github.waitFor(() => github.comments(name, pull.number).find((one) => one.body === 'later'));
    await octokit.issues.createComment({ ...repo, issue_number: pull.number, body: 'later' });
    expect((await seen).author).toBe('stratobot[bot]');
    const never = github.waitFor(() => false, { timeoutMs: 20, what: 'a miracle' });
    await expect(never).rejects.toThrow('waited 20 ms in vain for a miracle');
  });
});
