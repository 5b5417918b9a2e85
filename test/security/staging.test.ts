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
  'a record that was tampered with in the staging repository: the rows are what is published',
  async (stage) => {
    const { github } = stage;
    await stage.built();
    const number = await stage.deployPr();
    const { artifacts } = await stage.deployIs('open');
    await github.pushBranch(STAGING, 'main', {
      by: 'jo',
      changes: { 'approved/stack/software-layer/pr-1/deploy-1/deploy.json': '{"artifacts": []}\n' },
    });
    await stage.approve('ana', number);
    stage.skip(STAGING, number);
    expect(await stage.said()).toContain('1 tarball');
    expect((await stage.deployIs('published')).artifacts).toEqual(artifacts);
  },
);
