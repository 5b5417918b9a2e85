import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { STAGING } from '../harness/surroundings.ts';

botTest('a target is taken out of a deploy', async (stage) => {
  const { github, openPullRequest, comment, status, deployPr, said, approve, saidOnDeploy } = stage;
  await openPullRequest();
  await comment('maria', 'bot: build arch=all');
  await status('all 2 targets built');
  const older = await deployPr();
  await comment('maria', 'bot: drop');
  expect(await said()).toMatch(/^Nothing was dropped: say which targets/);
  await comment('maria', 'bot: drop arch=*');
  expect(await said()).toMatch(/^Nothing was dropped: nothing would be left/);
  await comment('jo', 'bot: drop arch=zen2');
  expect(await said()).toContain('@jo');
  await comment('maria', 'bot: drop arch=zen2');
  const [first, second] = [await said(), await said()].sort();
  expect(first).toMatchInlineSnapshot(
    `"Dropped. What is left, 1 tarball for \`software.eessi.io\` (digest \`sha256:…\`), is put up in a deploy PR of its own, which takes the place of the one before: **approvals given there do not count for it**. The next \`bot: deploy\` takes all targets again."`,
  );
  expect(second).toContain('Put up for approval: stack/staging#2 shows 1 tarball');
  expect(await saidOnDeploy(older)).toContain('takes the place of this one');
  expect(github.pullRequest(STAGING, older).state).toBe('closed');
  await approve('ana', older);
  expect(await saidOnDeploy(older)).toContain('A newer deploy has taken the place');
  expect(github.pullRequest(STAGING, 2).body).not.toContain('zen2');
  const [audit] = (await stage.bot.world.records.audit.list('deploy:1')).filter(
    ({ action }) => action === 'targets-dropped',
  );
  expect(audit).toMatchObject({ actor: 'maria', evidence: { targets: ['x86_64/amd/zen2'], by: 2 } });
  expect((await stage.deployIs('open', 2)).artifacts.map(({ target }) => target)).toEqual([
    'aarch64/neoverse_n1',
  ]);
});

botTest('neither who asked first nor who dropped approves what is left', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: build arch=all');
  await stage.status('all 2 targets built');
  await stage.comment('max', 'bot: deploy');
  expect(await stage.said()).toContain('Put up for approval: stack/staging#1');
  await stage.comment('maria', 'bot: drop arch=zen2');
  const said = [await stage.said(), await stage.said()].join('\n');
  expect(said).toContain('but not by @maria and not by @max and not by @jo.');
  stage.skip(STAGING, 1);
  await stage.approve('max', 2);
  expect(await stage.saidOnDeploy(2)).toContain('max asked for this deploy, so a second person approves.');
  expect((await stage.deployIs('open', 2)).earlierAskers).toEqual(['max']);
});
