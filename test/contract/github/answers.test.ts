/** The GitHub port against single answers: failures, limits, and what stands between the App and a token. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from './setup.ts';

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

  const installed = (id: number) => ({
    id,
    app_slug: 'stratobot',
    permissions: { checks: 'write', issues: 'read', members: 'read' },
  });

  /** The look-ups before the first call. */
  function expectInstallation(path = '/repos/octo/cat/installation', id = 7) {
    nock(api).get(path).reply(200, installed(id));
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

  test('a token is asked for what the App was granted, not for more', async () => {
    const fresh = connect({ reach: () => ({ actions: 'write', checks: 'write', issues: 'write' }) });
    nock(api).get('/repos/octo/cat/installation').reply(200, installed(8));
    const permissions = { checks: 'write', issues: 'read', metadata: 'read' };
    nock(api)
      .post('/app/installations/8/access_tokens', { repositories: ['cat'], permissions })
      .reply(201, { token: 'token-8', expires_at: '2999-01-01T00:00:00Z', permissions });
    nock(api).get(permission).reply(200, { role_name: 'admin' });
    expect(await fresh.role(repo, 'ann')).toBe('admin');
  });

  test('an invited member of a team is none yet', async () => {
    expectInstallation('/orgs/octo/installation');
    nock(api).get('/orgs/octo/teams/t/memberships/ann').reply(200, { state: 'pending' });
    expect(await github.isTeamMember('octo/t', 'ann')).toBe(false);
  });

  describe('a job that is to run again', () => {
    const job = (special: object = {}) => ({
      app: { slug: 'github-actions' },
      details_url: 'https://github.com/octo/cat/actions/runs/11/job/22',
      ...special,
    });
    const found = (...runs: object[]) =>
      nock(api)
        .get('/repos/octo/cat/commits/c0ffee/check-runs?check_name=ci%20%2F%20a')
        .reply(200, { total_count: runs.length, check_runs: runs });
    const rerun = () => github.rerunJob(repo, 'c0ffee', 'ci / a');

    test('is the one of GitHub Actions', async () => {
      found(
        job({ app: { slug: 'other' }, details_url: 'https://github.com/o/r/actions/runs/1/job/2' }),
        job(),
      );
      nock(api).post('/repos/octo/cat/actions/jobs/22/rerun').reply(201, {});
      expect(await rerun()).toBe('asked');
    });

    test.each([
      ['no check', []],
      ['only a check of another App', [job({ app: { slug: 'other' } })]],
      ['a link to something else', [job({ details_url: 'https://evil.example.org/' })]],
      ['no link', [job({ details_url: null, app: null })]],
    ])('is none where there is %s', async (_what, runs) => {
      found(...runs);
      expect(await rerun()).toBe('none');
    });

    test('is none where GitHub refuses', async () => {
      found(job());
      nock(api).post('/repos/octo/cat/actions/jobs/22/rerun').reply(403, { message: 'is running' });
      expect(await rerun()).toBe('none');
    });
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
    nock(api).get('/repos/octo/cat/installation').reply(200, installed(7));
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
      nock(api).get('/repos/octo/cat/installation').reply(200, installed(7));
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
