/** Whoever may write to the staging repository changes what reviewers see, or what is recorded there. */
import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { STAGING } from '../harness/surroundings.ts';

const RECORD = 'staged/stack/software-layer/pr-1/deploy-1/deploy.json';

botTest('a deploy PR whose files were edited before the approval', async (stage) => {
  const { github, around } = stage;
  await stage.built();
  const number = await stage.deployPr();
  const { ref } = github.pullRequest(STAGING, number).head;
  await github.pushBranch(STAGING, ref, { by: 'jo', changes: { [RECORD]: '{}\n' } });
  await stage.approve('ana', number);
  expect(await stage.saidOnDeploy(number)).toMatch(/This approval does not count: .*nobody can approve that/);
  await stage.silence();
  await stage.deployIs('open');
  expect(readdirSync(around.publishRoot)).toEqual([]);
});

botTest(
  'a record and metadata tampered with after the approval: the rows are what is published',
  async (stage) => {
    stage.expectComplaint('a job failed and will be tried again');
    const { github } = stage;
    await stage.built();
    const number = await stage.deployPr();
    const { artifacts } = await stage.deployIs('open');
    const metadata = RECORD.replace('deploy.json', `${artifacts[0]?.name}.meta.txt`);
    expect(await github.filesAt(STAGING, github.pullRequest(STAGING, number).head.sha)).toContain(metadata);
    // Merged, but the bot has not heard of it: what follows comes before anything is fetched or published.
    github.failNext({ method: 'PUT', path: /\/merge$/, drop: true, after: true });
    await stage.approve('ana', number);
    await github.waitFor(() => github.pendingFaults.length === 0);
    const changes = { [RECORD]: '{"artifacts": []}\n', [metadata]: '{}\n' };
    await github.pushBranch(STAGING, 'main', { by: 'jo', changes });
    stage.skip(STAGING, number);
    expect(await stage.said()).toContain('1 tarball');
    const published = await stage.deployIs('published');
    expect(published.artifacts).toEqual(artifacts);
  },
);
