import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

botTest(
  'the author of the software does not approve it',
  async ({ built, deployPr, approve, saidOnDeploy }) => {
    await built();
    const number = await deployPr();
    await approve('jo', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@jo, thank you for looking. This approval does not count: jo wrote stack/software-layer\\#⁠1, so a second person approves. It takes one approval from members of stack/ingest, not by maria and not by jo."`,
    );
  },
);

botTest(
  'who asked for the deploy does not approve it',
  async ({ built, comment, said, github, approve, saidOnDeploy }) => {
    await built();
    await comment('max', 'bot: deploy');
    expect(await said()).toContain('not by @max and not by @jo');
    const number = github.pullRequests(STAGING)[0]?.number ?? 0;
    await approve('max', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@max, thank you for looking. This approval does not count: max asked for this deploy, so a second person approves. It takes one approval from members of stack/ingest, not by max and not by jo."`,
    );
  },
);

botTest(
  'somebody who is in no team does not approve',
  async ({ github, built, deployPr, approve, saidOnDeploy }) => {
    await built();
    const number = await deployPr();
    github.setPermission(STAGING, 'eve', 'admin');
    await approve('eve', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@eve, thank you for looking. This approval does not count: eve is not among those who approve here. It takes one approval from members of stack/ingest, not by maria and not by jo."`,
    );
  },
);

botTest('a bot does not approve', async ({ github, built, deployPr, approve, saidOnDeploy }) => {
  await built();
  const number = await deployPr();
  github.addUser('helpful[bot]');
  github.addTeam('stack/ingest', ['helpful[bot]']);
  await approve('helpful[bot]', number);
  expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
    `"@helpful[bot], thank you for looking. This approval does not count: helpful\\[bot\\] is a bot, and only people approve. It takes one approval from members of stack/ingest, not by maria and not by jo."`,
  );
});

botTest(
  'a review that is no approval decides nothing',
  async ({ github, bot, built, deployPr, deployIs, silence }) => {
    await built();
    const number = await deployPr();
    await github.review(STAGING, number, { by: 'ana', state: 'commented' });
    await github.review(STAGING, number, { by: 'max', state: 'changes_requested' });
    await bot.handled();
    await silence();
    await deployIs('open');
  },
);

botTest(
  'a comment that says approved is no approval',
  async ({ github, bot, built, deployPr, deployIs, silence }) => {
    await built();
    const number = await deployPr();
    await github.comment(STAGING, number, { by: 'ana', body: 'approved\n\nbot: approve' });
    await bot.handled();
    await silence();
    await deployIs('open');
  },
);

botTest(
  'a commit pushed to the deploy branch',
  async ({ github, bot, built, deployPr, approve, saidOnDeploy }) => {
    await built();
    const number = await deployPr();
    const { ref } = github.pullRequest(STAGING, number).head;
    await github.pushBranch(STAGING, ref, { by: 'jo', changes: { 'approved/more.txt': 'more\n' } });
    await bot.handled();
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@ana, thank you for looking. This approval does not count: This deploy PR shows the artifacts at commit COMMIT, but its head is now COMMIT; nobody can approve that. Ask for a new deploy."`,
    );
  },
);

botTest('an approval of another commit', async ({ github, built, deployPr, approve, saidOnDeploy }) => {
  await built();
  const number = await deployPr();
  const commitId = github.pullRequest(STAGING, number).base.sha;
  await approve('ana', number, { commitId });
  expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
    `"@ana, thank you for looking. This approval does not count: The review is of commit COMMIT, but the artifacts are shown at COMMIT. Please review that commit."`,
  );
});

botTest('a refused approval does not stand in the way of one that counts', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  await stage.approve('jo', number);
  stage.skip(STAGING, number);
  await stage.approve('ana', number);
  expect(await stage.said()).toContain('approved by @ana');
});

botTest(
  'closing the deploy PR rejects it',
  async ({ github, bot, built, deployPr, said, saidOnDeploy, ...stage }) => {
    await built();
    const number = await deployPr();
    await github.closePullRequest(STAGING, number, { by: 'ana' });
    await bot.handled();
    expect(await said()).toMatchInlineSnapshot(
      `"@ana closed stack/staging#1, which rejects this deploy of 1 tarball. Nothing was published. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
    );
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@ana closed stack/staging#1, which rejects this deploy of 1 tarball. Nothing was published. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
    );
    await stage.status('rejected');
    await stage.recordIn('rejected');
    await github.reopen(STAGING, number, { by: 'ana' });
    await stage.approve('ana', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@ana, thank you for looking. This approval does not count: This deploy was rejected by ana. A new deploy can be asked for on the software pull request."`,
    );
  },
);

botTest('what was rejected can be put up again', async ({ github, bot, built, deployPr, said, skip }) => {
  await built();
  const number = await deployPr();
  skip(STAGING, number);
  await github.closePullRequest(STAGING, number, { by: 'ana' });
  await bot.handled();
  expect(await said()).toContain('rejects');
  expect(await deployPr()).toBe(2);
});

botTest(
  'merging the deploy PR by hand publishes nothing',
  async ({ github, bot, built, deployPr, said, ...stage }) => {
    await built();
    const number = await deployPr();
    await github.mergeByHand(STAGING, number, { by: 'max' });
    await bot.handled();
    expect(await said()).toMatchInlineSnapshot(
      `"@max merged stack/staging#1 by hand, without an approval that counts. **Nothing was published.** \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
    );
    expect(await stage.saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@max merged stack/staging#1 by hand, without an approval that counts. **Nothing was published.** \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
    );
    expect(await stage.issue()).toMatchInlineSnapshot(`
      "# Deploy PR #1 of stack/software-layer#1 was merged by hand: nothing was published
      @max merged #1 before it had the approvals it takes. **Nothing of it was published in \`software.eessi.io\`**, and its record was moved to \`rejected/\`: only an approving review counts, and the bot merges then.

      If it should be published: \`bot: deploy\` on stack/software-layer#1 puts the same builds up again. A branch rule that lets only the bot merge here keeps this from happening again."
    `);
    await stage.deployIs('rejected');
    await stage.recordIn('rejected');
    const audit = await bot.world.records.audit.list('deploy:1');
    expect(audit.at(-1)).toMatchObject({
      actor: 'max',
      action: 'merged-by-hand',
      evidence: { pullRequest: number },
    });
  },
);

botTest('two approvals at once publish once', async ({ github, bot, built, deployPr, said, ...stage }) => {
  await built();
  const number = await deployPr();
  stage.skip(STAGING, number);
  await Promise.all(['ana', 'max'].map((by) => github.review(STAGING, number, { by, state: 'approved' })));
  await bot.handled();
  expect(await said()).toMatch(/^\*\*Published\*\* as revision 1/);
  await stage.silence();
});

botTest(
  'who approves a software pull request has approved no deploy',
  async ({ github, bot, built, silence }) => {
    await built();
    await github.review(SOFTWARE, 1, { by: 'ana', state: 'approved' });
    await bot.handled();
    await silence();
  },
);
