/** The GitHub port: against a stateful double held to GitHub's API description, and against single recorded answers. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createGitHub, type GitHubOptions } from '../../src/github/github.ts';
import type { CheckOutput } from '../../src/ports.ts';
import { GitHubDouble } from '../harness/github/double.ts';

const manifest = parse(await readFile(new URL('../../app.yml', import.meta.url), 'utf8'));
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const connect = (options: Partial<GitHubOptions> = {}) =>
  createGitHub({ appId: 4242, privateKey, log: quiet, ...options });

describe('against a GitHub that holds state', () => {
  const repo = 'eessi/software-layer';
  const proposal = {
    branch: 'deploy/12',
    title: 'Deploy 12',
    body: 'What is in it',
    message: 'Deploy 12 of software-layer#1',
    files: { 'deploys/12/a.json': '{"a":1}\n', 'README.md': 'new\n' },
  };
  let dir: string;
  let double: GitHubDouble;
  let github: ReturnType<typeof connect>;
  let pull: { number: number; head: { sha: string } };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'github-contract-'));
    double = await GitHubDouble.start({
      dir,
      webhookSecret: 'unused here',
      publicKey,
      // The App's own manifest: what it asks for must be enough.
      permissions: manifest.default_permissions,
      events: manifest.default_events,
    });
    double.addOrg('eessi');
    for (const login of ['ann', 'bob', 'eve', 'kim']) double.addUser(login);
    await double.createRepository(repo, { files: { 'README.md': 'start\n' } });
    await double.installApp('eessi');
    double.addTeam('eessi/deployers', ['bob']);
    double.setPermission(repo, 'ann', 'write');
    double.setPermission(repo, 'kim', 'maintain');
  });
  beforeEach(async () => {
    github = connect({ apiUrl: double.url, gitUrl: double.url });
    pull = await double.openPullRequest(repo, { by: 'ann', title: 'Add X', changes: { 'x.yml': 'x' } });
    // So that what follows counts its own requests only: installation, token, and this one.
    await github.role(repo, 'ann');
    expect(github.requests()).toBe(3);
  });
  afterEach(() => {
    expect(double.violations).toEqual([]);
    expect(double.pendingFaults).toEqual([]);
  });
  afterAll(async () => {
    await double?.close();
    await rm(dir, { recursive: true });
  });

  /** The value of `call`, which must take `requests` requests. */
  async function taking<T>(requests: number, call: Promise<T>): Promise<T> {
    const before = github.requests();
    const value = await call;
    expect(github.requests() - before).toBe(requests);
    return value;
  }

  const check = (headSha: string, more: Partial<CheckOutput> = {}): CheckOutput => ({
    name: 'zen2',
    externalId: 'stratobot:one:build:1',
    headSha,
    status: 'queued',
    conclusion: null,
    detailsUrl: null,
    title: 'Waiting',
    summary: 'Waiting for a node',
    ...more,
  });

  test('a pull request, or null', async () => {
    expect(await taking(1, github.pullRequest(repo, pull.number))).toMatchObject({
      repo,
      number: pull.number,
      title: 'Add X',
      author: { login: 'ann', isBot: false },
      state: 'open',
      merged: false,
      draft: false,
      headSha: pull.head.sha,
      baseRef: 'main',
    });
    expect(await taking(1, github.pullRequest(repo, 999))).toBeNull();
  });

  test('roles', async () => {
    expect(await taking(1, github.role(repo, 'ann'))).toBe('write');
    expect(await github.role(repo, 'kim')).toBe('maintain');
    expect(['none', 'read']).toContain(await github.role(repo, 'eve'));
    expect(await github.role(repo, 'nobody-has-this-name')).toBe('none');
  });

  test('team membership, never remembered', async () => {
    expect(await taking(1, github.isTeamMember('eessi/deployers', 'bob'))).toBe(true);
    expect(await taking(1, github.isTeamMember('eessi/deployers', 'ann'))).toBe(false);
    expect(await github.isTeamMember('eessi/no-such-team', 'bob')).toBe(false);
    double.removeFromTeam('eessi/deployers', 'bob');
    expect(await github.isTeamMember('eessi/deployers', 'bob')).toBe(false);
  });

  test('a comment is written, found again, changed, and may be gone', async () => {
    const marker = '<!-- stratobot:status:1 -->';
    expect(await taking(1, github.findComment(repo, pull.number, marker))).toBeNull();
    const id = await taking(1, github.createComment(repo, pull.number, `${marker}\nBuilding`));
    expect(await taking(1, github.findComment(repo, pull.number, marker))).toBe(id);
    expect(await taking(1, github.updateComment(repo, id, `${marker}\nBuilt`))).toBe('updated');
    expect(double.comments(repo, pull.number).map(({ body }) => body)).toEqual([`${marker}\nBuilt`]);
    await double.deleteComment(repo, id, { by: 'eessi' });
    expect(await taking(1, github.updateComment(repo, id, 'again'))).toBe('gone');
  });

  test('a marker in a comment of somebody else means nothing', async () => {
    await double.comment(repo, pull.number, { by: 'eve', body: '<!-- marker -->' });
    expect(await github.findComment(repo, pull.number, '<!-- marker -->')).toBeNull();
  });

  test('a comment among hundreds is found, the newest first', async () => {
    const first = await github.createComment(repo, pull.number, '<!-- first -->');
    for (let i = 0; i < 210; i += 1)
      await double.comment(repo, pull.number, { by: 'ann', body: `chat ${i}` });
    const last = await github.createComment(repo, pull.number, '<!-- last -->');
    expect(await taking(2, github.findComment(repo, pull.number, '<!-- last -->'))).toBe(last);
    expect(await taking(3, github.findComment(repo, pull.number, '<!-- first -->'))).toBe(first);
  });

  test('a body over the limit is refused before it is sent', async () => {
    const long = 'x'.repeat(65_537);
    await expect(taking(0, github.createComment(repo, pull.number, long))).rejects.toMatchObject({
      name: 'Permanent',
    });
    await github.createComment(repo, pull.number, 'x'.repeat(65_536));
  });

  test('a label is removed, also when it is gone', async () => {
    await double.addLabel(repo, pull.number, { by: 'ann', label: 'bot:build' });
    await taking(1, github.removeLabel(repo, pull.number, 'bot:build'));
    expect(double.labels(repo, pull.number)).toEqual([]);
    await taking(1, github.removeLabel(repo, pull.number, 'bot:build'));
  });

  test('a label whose name is a path removes nothing else', async () => {
    await double.addLabel(repo, pull.number, { by: 'ann', label: 'keep' });
    for (const name of ['.', '..'])
      await expect(github.removeLabel(repo, pull.number, name)).rejects.toMatchObject({ name: 'Permanent' });
    await github.removeLabel(repo, pull.number, '../labels');
    expect(double.labels(repo, pull.number)).toEqual(['keep']);
  });

  test('a check is made, found by its identity and completed', async () => {
    const { sha } = pull.head;
    const id = await taking(1, github.createCheck(repo, check(sha)));
    const other = await github.createCheck(repo, check(sha, { externalId: 'stratobot:one:build:2' }));
    expect(await taking(1, github.findCheck(repo, sha, 'stratobot:one:build:1'))).toBe(id);
    expect(await github.findCheck(repo, sha, 'stratobot:one:build:2')).toBe(other);
    expect(await github.findCheck(repo, sha, 'stratobot:one:build:3')).toBeNull();
    await taking(1, github.updateCheck(repo, id, check(sha, { status: 'in_progress' })));
    const detailsUrl = 'https://stratobot.example/builds/1';
    const failed = check(sha, {
      status: 'completed',
      conclusion: 'failure',
      title: 'GCC failed',
      detailsUrl,
    });
    await taking(1, github.updateCheck(repo, id, failed));
    expect(double.checkRuns(repo, sha)[0]).toMatchObject({
      id,
      status: 'completed',
      conclusion: 'failure',
      title: 'GCC failed',
      detailsUrl,
    });
  });

  describe('a deploy pull request', () => {
    const staging = 'eessi/staging';
    let branches = 0;
    let wanted: typeof proposal;

    beforeAll(async () => {
      await double.createRepository(staging, { files: { 'README.md': 'start\n', 'keep.txt': 'kept\n' } });
    });
    beforeEach(() => {
      branches += 1;
      const files = { ...proposal.files, [`deploys/${branches}.json`]: `${branches}\n` };
      wanted = { ...proposal, branch: `deploy/${branches}`, files };
    });

    const open = () => double.pullRequests(staging).filter(({ head }) => head.ref === wanted.branch);

    test('is one commit on the default branch, and found when proposed again', async () => {
      await github.proposeFiles(staging, { ...wanted, branch: `${wanted.branch}-before` });
      const made = await taking(5, github.proposeFiles(staging, wanted));
      expect(double.pullRequest(staging, made.number)).toMatchObject({
        title: wanted.title,
        body: wanted.body,
        author: 'stratobot[bot]',
        head: { ref: wanted.branch, sha: made.commit },
        base: { ref: 'main' },
      });
      expect(await double.fileAt(staging, made.commit, 'deploys/12/a.json')).toBe('{"a":1}\n');
      expect(await double.fileAt(staging, made.commit, 'keep.txt')).toBe('kept\n');
      expect(await github.proposeFiles(staging, wanted)).toEqual(made);
      expect(open()).toHaveLength(1);
    });

    test('is found when the default branch has moved on, and when it was closed', async () => {
      const made = await github.proposeFiles(staging, wanted);
      await double.pushBranch(staging, 'main', { by: 'eessi', changes: { 'other.txt': `${branches}` } });
      expect(await github.proposeFiles(staging, wanted)).toEqual(made);
      await github.closePullRequest(staging, made.number);
      expect(await github.proposeFiles(staging, wanted)).toEqual(made);
      expect(open().map(({ state }) => state)).toEqual(['closed']);
    });

    test.each(['/git/trees', '/git/commits', '/git/refs', '/pulls'])(
      'is finished after %s took effect and nobody heard of it',
      async (path) => {
        double.failNext({ method: 'POST', path: new RegExp(`${path}$`), drop: true, after: true });
        await expect(github.proposeFiles(staging, wanted)).rejects.toMatchObject({ name: 'Retryable' });
        const made = await github.proposeFiles(staging, wanted);
        expect(open().map(({ number, head }) => ({ number, commit: head.sha }))).toEqual([made]);
      },
    );

    test('is refused where the branch holds something else', async () => {
      const made = await github.proposeFiles(staging, wanted);
      await double.push(staging, made.number, { by: 'eessi', changes: { 'extra.txt': 'slipped in' } });
      await expect(github.proposeFiles(staging, wanted)).rejects.toMatchObject({ name: 'Permanent' });
      await double.push(staging, made.number, { by: 'eessi', changes: { 'extra.txt': null } });
      await expect(github.proposeFiles(staging, wanted), 'two more commits').rejects.toMatchObject({
        name: 'Permanent',
      });
      const different = { ...wanted, files: { 'other.json': '2' } };
      await expect(github.proposeFiles(staging, different)).rejects.toMatchObject({ name: 'Permanent' });
    });

    test('shows its reviews, and which commit they saw', async () => {
      const { number, commit } = await github.proposeFiles(staging, wanted);
      expect(await github.reviews(staging, number)).toEqual([]);
      const approved = await double.review(staging, number, { by: 'bob', state: 'approved' });
      const said = await double.review(staging, number, { by: 'kim', state: 'commented' });
      await double.dismissReview(staging, number, approved.id, { by: 'eessi' });
      const bot = false;
      expect(await taking(1, github.reviews(staging, number))).toEqual([
        { id: approved.id, reviewer: { login: 'bob', isBot: bot }, state: 'dismissed', commit },
        { id: said.id, reviewer: { login: 'kim', isBot: bot }, state: 'commented', commit },
      ]);
    });

    test('is merged once, only at the commit that was meant', async () => {
      const { number, commit } = await github.proposeFiles(staging, wanted);
      expect(await taking(1, github.merge(staging, number, '0'.repeat(40), 'Publish'))).toBe('moved');
      expect(double.pullRequest(staging, number).merged).toBe(false);
      expect(await taking(1, github.merge(staging, number, commit, 'Publish'))).toBe('merged');
      expect(await taking(2, github.merge(staging, number, commit, 'Publish'))).toBe('merged');
      expect(await double.fileAt(staging, 'main', 'deploys/12/a.json')).toBe('{"a":1}\n');
    });

    test('is not merged once it was closed', async () => {
      const { number, commit } = await github.proposeFiles(staging, wanted);
      await taking(1, github.closePullRequest(staging, number));
      await github.closePullRequest(staging, number);
      expect(await github.merge(staging, number, commit, 'Publish')).toBe('refused');
    });
  });

  test('git access is a token for this repository alone, to read', async () => {
    const access = await taking(1, github.gitAccess(repo));
    expect(access).toEqual({ url: `${double.url}/${repo}.git`, token: expect.any(String) });
    const ask = JSON.parse(double.requests.at(-1)?.body ?? '');
    expect(ask).toMatchObject({ repositories: ['software-layer'], permissions: { contents: 'read' } });
    expect(await taking(0, github.gitAccess(repo))).toEqual(access);
  });

  // The time limit is far below what the throttling plugin's own spacing would take.
  test('many writes at once are not held up, and ask for one token', { timeout: 10_000 }, async () => {
    const fresh = connect({ apiUrl: double.url });
    const bodies = Array.from({ length: 10 }, (_, i) => `comment ${i}`);
    await Promise.all(bodies.map((body) => fresh.createComment(repo, pull.number, body)));
    expect(fresh.requests()).toBe(12);
    expect(double.comments(repo, pull.number)).toHaveLength(10);
  });

  test('a token that is not known everywhere yet is tried again', async () => {
    double.failNext({ path: /permission$/, status: 401, body: { message: 'Bad credentials' } });
    expect(await github.role(repo, 'ann')).toBe('write');
  });

  test('writes beyond the burst wait for their turn', async () => {
    const paced = connect({ apiUrl: double.url, pacing: { burst: 2, refillMs: 250 } });
    const bodies = ['1', '2', '3'];
    await Promise.all(bodies.map((body) => paced.createComment(repo, pull.number, body)));
    const sent = double.requests.filter(({ path }) => path.endsWith(`/issues/${pull.number}/comments`));
    const [first = 0, , third = 0] = sent.map(({ at }) => at);
    expect(third - first).toBeGreaterThan(100);
  });
});

test('an answer that breaks off is no answer', async () => {
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    res.write('{"id": 7', () => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const github = connect({ apiUrl: `http://127.0.0.1:${port}` });
  await expect(github.role('octo/cat', 'ann')).rejects.toMatchObject({ name: 'Retryable' });
  await new Promise((resolve) => server.close(resolve));
});

describe('against single answers', () => {
  const repo = 'octo/cat';
  const api = 'https://api.github.com';
  const github = connect();

  beforeEach(() => {
    nock.disableNetConnect();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    nock.enableNetConnect();
    expect(pending).toEqual([]);
  });

  /** The look-ups before the first call. */
  function expectInstallation(path = '/repos/octo/cat/installation', id = 7) {
    nock(api).get(path).reply(200, { id, app_slug: 'stratobot' });
    nock(api)
      .post(`/app/installations/${id}/access_tokens`)
      .reply(201, { token: `token-${id}`, expires_at: '2999-01-01T00:00:00Z', permissions: {} });
  }

  const permission = '/repos/octo/cat/collaborators/ann/permission';

  test('a role of the organisation is what it stands on', async () => {
    expectInstallation();
    nock(api).get(permission).reply(200, { role_name: 'releaser', permission: 'write' });
    expect(await github.role(repo, 'ann')).toBe('write');
    nock(api).get(permission).reply(200, { role_name: 'odd', permission: 'odd' });
    expect(await github.role(repo, 'ann')).toBe('none');
  });

  test('an invited member of a team is none yet', async () => {
    nock(api).get('/orgs/octo/teams/t/memberships/ann').reply(200, { state: 'pending' });
    expect(await github.isTeamMember('octo/t', 'ann')).toBe(false);
  });

  test('an organisation of which nothing else is known is asked for its installation', async () => {
    expectInstallation('/orgs/other/installation', 8);
    nock(api).get('/orgs/other/teams/t/memberships/ann').reply(200, { state: 'active' });
    expect(await github.isTeamMember('other/t', 'ann')).toBe(true);
  });

  test.each([500, 502, 503])('%i may be tried again', async (status) => {
    nock(api).post('/repos/octo/cat/issues/1/comments').reply(status, '<html>down</html>');
    await expect(github.createComment(repo, 1, 'x')).rejects.toMatchObject({ name: 'Retryable' });
  });

  test.each([403, 404, 422])('%i will be the same next time', async (status) => {
    nock(api).post('/repos/octo/cat/issues/1/comments').reply(status, { message: 'No such luck' });
    const failure = github.createComment(repo, 1, 'x');
    await expect(failure).rejects.toMatchObject({ name: 'Permanent' });
    await expect(failure).rejects.toThrow(
      `GitHub answered ${status} to POST /repos/octo/cat/issues/1/comments: No such luck`,
    );
  });

  test.each(['ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND'])('%s may be tried again', async (code) => {
    nock(api)
      .get('/repos/octo/cat/pulls/1')
      .replyWithError(Object.assign(new Error(code), { code }));
    await expect(github.pullRequest(repo, 1)).rejects.toMatchObject({ name: 'Retryable' });
  });

  test('a long rate limit is handed to the queue with its end', async () => {
    const reset = Math.floor(Date.now() / 1000) + 1800;
    nock(api)
      .get('/repos/octo/cat/pulls/1')
      .reply(
        403,
        { message: 'API rate limit exceeded' },
        { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${reset}` },
      );
    const failure = await github.pullRequest(repo, 1).catch((error) => error);
    expect(failure).toMatchObject({ name: 'Retryable' });
    expect(failure.retryAfterMs).toBeGreaterThan(1_700_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(1_800_000);
  });

  test('a long secondary limit, too', async () => {
    const limit = { message: 'You have exceeded a secondary rate limit' };
    nock(api).post('/repos/octo/cat/issues/1/comments').reply(403, limit, { 'retry-after': '120' });
    const refusal = { name: 'Retryable', retryAfterMs: 120_000 };
    await expect(github.createComment(repo, 1, 'x')).rejects.toMatchObject(refusal);
  });

  test('a short one is waited for', async () => {
    const limit = { message: 'You have exceeded a secondary rate limit' };
    nock(api).post('/repos/octo/cat/issues/1/comments').reply(429, limit, { 'retry-after': '1' });
    nock(api).post('/repos/octo/cat/issues/1/comments').reply(201, { id: 5 });
    expect(await github.createComment(repo, 1, 'x')).toBe(5);
  });

  test('a merge that the base branch outran may be tried again', async () => {
    const message = 'Base branch was modified. Review and try the merge again.';
    nock(api).put('/repos/octo/cat/pulls/1/merge').reply(405, { message });
    await expect(github.merge(repo, 1, 'a'.repeat(40), 'x')).rejects.toMatchObject({ name: 'Retryable' });
  });

  test('an App that was installed anew is looked up again', async () => {
    const fresh = connect();
    nock(api).get('/repos/octo/cat/installation').reply(200, { id: 7, app_slug: 'stratobot' });
    nock(api).post('/app/installations/7/access_tokens').reply(404, { message: 'Not Found' });
    expectInstallation(undefined, 9);
    nock(api)
      .get(permission)
      .matchHeader('authorization', 'token token-9')
      .reply(200, { role_name: 'admin' });
    expect(await fresh.role(repo, 'ann')).toBe('admin');
  });

  test('a 404 for the token is not taken for one of the comment', async () => {
    const fresh = connect();
    for (const _ of [1, 2]) {
      nock(api).get('/repos/octo/cat/installation').reply(200, { id: 7, app_slug: 'stratobot' });
      nock(api).post('/app/installations/7/access_tokens').reply(404, { message: 'Not Found' });
    }
    await expect(fresh.updateComment(repo, 1, 'x')).rejects.toMatchObject({ name: 'Permanent' });
  });

  test('where the App is not installed it says so', async () => {
    nock(api).get('/repos/stranger/cat/installation').reply(404, { message: 'Not Found' });
    await expect(github.role('stranger/cat', 'ann')).rejects.toThrow(
      'The GitHub App is not installed for stranger',
    );
  });

  test.each(['cat', 'octo/cat/dog', '/cat', '../cat'])('%j is no repository', async (name) => {
    await expect(github.role(name, 'ann')).rejects.toMatchObject({ name: 'Permanent' });
  });
});
