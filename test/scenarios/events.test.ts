import { expect } from 'vitest';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const configured = (change: object) => ({
  configure: ({ software_repositories: [repository] }: ConfigDraft) => {
    Object.assign(repository ?? {}, change);
  },
});

botTest(
  'a pull request is greeted once, where that is configured',
  async ({ openPullRequest, github, said, silence, restart, bot }) => {
    await openPullRequest();
    expect(await said()).toMatchInlineSnapshot(`
      "\`demo-bot\` builds the software of this pull request when it is asked to. It changes 1 easystack; software: 1 added.

      - added: \`tool-1.0\`

      Targets: \`zen2\`, \`neoverse_n1\`. \`bot: build arch=zen2\` builds for one of them; builds are started by members of stack/builders. \`bot: plan\` says what would be built, \`bot: help\` what else can be asked."
    `);
    const opened = github.deliveries.find(({ action }) => action === 'opened');
    await github.redeliver(opened?.guid ?? '');
    await bot.handled();
    await restart();
    await silence();
  },
  configured({ greeting: true }),
);

botTest(
  'a draft without easystacks is greeted as such',
  async ({ github, said, silence, bot }) => {
    const draft = { by: 'jo', title: 'Later', changes: { 'README.md': 'later\n' }, draft: true };
    await github.openPullRequest(SOFTWARE, draft);
    await bot.handled();
    expect(await said()).toMatchInlineSnapshot(`
      "\`demo-bot\` builds the software of this pull request when it is asked to. It changes no easystack.

      Targets: \`zen2\`, \`neoverse_n1\`. \`bot: build arch=zen2\` builds for one of them; builds are started by members of stack/builders. \`bot: plan\` says what would be built, \`bot: help\` what else can be asked.

      It is a draft: it can be built now, and put up for approval once it is ready for review."
    `);
    await silence();
  },
  configured({ greeting: true }),
);

botTest('a draft is built, but not deployed', async (stage) => {
  const { github, built, buildIs, comment, said, saidOnDeploy, status, deployPr, bot } = stage;
  await built();
  const number = await deployPr();
  await github.setDraft(SOFTWARE, 1, true, { by: 'jo' });
  await bot.handled();
  expect(await said()).toMatchInlineSnapshot(
    `"This pull request is a draft now, but stack/staging#1 still waits for approval. Whoever does not want it published closes that pull request."`,
  );
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing was put up for approval: this pull request is a draft. Mark it as ready for review and repeat the command; what is built stays."`,
  );
  await comment('maria', 'bot: build arch=n1 --force');
  await buildIs('succeeded', 2);
  await github.setDraft(SOFTWARE, 1, false, { by: 'jo' });
  await comment('maria', 'bot: deploy');
  expect(await said()).toContain('Put up for approval');
  await status(': built');
  expect(await saidOnDeploy(number)).toContain('takes the place of this one');
});

botTest('what was built before a pull request was closed counts when it is reopened', async (stage) => {
  const { github, built, comment, said, deployPr, bot, skip } = stage;
  await built();
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  await comment('maria', 'bot: deploy');
  await said();
  await github.reopen(SOFTWARE, 1, { by: 'jo' });
  await bot.handled();
  expect(await deployPr()).toBe(1);
  await comment('maria', 'bot: build arch=n1');
  await stage.buildIs('succeeded', 2);
  skip(SOFTWARE, 1);
});

botTest(
  'a chatty bot says when builds begin and end',
  async ({ openPullRequest, comment, release, said, status, restart, silence }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"Building \`COMMIT\` for \`x86_64/amd/zen2\`, as @maria asked."`,
    );
    await release();
    expect(await said()).toMatchInlineSnapshot(`"@maria, the build of \`COMMIT\` has ended: built."`);
    await status(': built');
    await restart();
    await silence();
  },
  configured({ chatter: 'chatty' }),
);

botTest(
  'a quiet bot points nothing out, and announces nothing',
  async ({ openPullRequest, comment, status, silence, deployPr, approve, deployIs, saidOnDeploy }) => {
    await openPullRequest('ok', { 'bot/extra.sh': 'true\n' });
    await comment('maria', 'bot: build arch=zen2');
    await status(': built');
    const number = await deployPr();
    await approve('ana', number);
    await deployIs('published');
    await status('published');
    expect(await saidOnDeploy(number)).toContain('ana');
    await saidOnDeploy(number);
    await silence();
  },
  configured({ chatter: 'quiet' }),
);
