import { join } from 'node:path';
import { expect } from 'vitest';
import { restoreBackup } from '../../src/store/backup/restore.ts';
import { writeBackup } from '../../src/store/backup/write.ts';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

botTest('after a restore the bot goes on where it was, and nothing is said or done twice', async (stage) => {
  const { around, github, restart, release, status, buildIs, deployIs } = stage;
  const databaseUrl = around.env.DATABASE_URL ?? '';
  const file = join(around.dir, 'backup.sql');
  await stage.built();
  const deployPr = await stage.deployPr();
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2', 2);
  await status('| since ', 2);
  await stage.silence();
  const comments = github.comments(SOFTWARE, 1).length;

  await restart(async () => {
    await writeBackup(databaseUrl, file, 0);
    await restoreBackup(databaseUrl, file, true);
  });

  await release(2);
  await buildIs('succeeded', 2);
  await status(': built', 2);
  await stage.approve('ana', deployPr);
  await deployIs('published');
  for (const words of ['approved', 'Ingested']) expect(await stage.saidOnDeploy(deployPr)).toContain(words);
  expect(await stage.said()).toContain('**Published** as revision 1');
  await stage.silence();
  expect(github.comments(SOFTWARE, 1)).toHaveLength(comments + 1);
  const checks = github.checkRuns(SOFTWARE).map(({ name, headSha }) => `${name} of ${headSha}`);
  expect(checks).toHaveLength(new Set(checks).size);
  expect(github.pullRequests(STAGING)).toHaveLength(1);

  await stage.comment('maria', 'bot: build arch=zen2 --force', 2);
  await buildIs('running', 10_003);
  await release(10_003);
  await status(': built', 2);
});
