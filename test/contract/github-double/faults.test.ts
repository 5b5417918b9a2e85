/** How the double tells of misuse, and how a test makes it fail or waits for it. */
import { Octokit } from '@octokit/rest';
import { describe, expect, it } from 'vitest';
import { client, freshDoubleForEachTest, github, log, name, openPull, repo } from './setup.ts';

freshDoubleForEachTest();

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
