/** The App: its installation, its tokens and what they are good for. */
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import { describe, expect, it } from 'vitest';
import { GitHubDouble } from '../../harness/github/double.ts';
import {
  appClient,
  client,
  dir,
  freshDoubleForEachTest,
  github,
  jwt,
  lastEvent,
  log,
  name,
  openPull,
  repo,
  secret,
} from './setup.ts';

freshDoubleForEachTest();

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
