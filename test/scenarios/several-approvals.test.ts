import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { handleDelivery } from '../../src/workflow/handle-delivery.ts';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const twoNeeded = {
  configure: ({ software_repositories: [repository] }: ConfigDraft) => {
    Object.assign(repository ?? {}, { approvals: 2 });
  },
};

const audited = async ({ bot }: Stage) =>
  (await bot.world.records.audit.list('deploy:1')).map(
    ({ actor, action }) => `${actor.replace(/demo-bot-.*/, 'bot')} ${action}`,
  );

botTest(
  'two approvals publish, one does not',
  async (stage) => {
    const { built, deployPr, approve, saidOnDeploy, said, status } = stage;
    await built();
    const number = await deployPr();
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@ana approved \`sha256:…\`: **1 of 2 approvals**. 1 more approval must come from members of stack/ingest, but not from @maria or @jo."`,
    );
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toContain('1 of 2 approvals');
    await stage.deployIs('open');
    expect(readdirSync(stage.around.publishRoot)).toEqual([]);
    await approve('max', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@max approved \`sha256:…\`, the last of 2 approvals it takes. These bytes are merged and ingested now."`,
    );
    expect(await said()).toContain('approved by @ana and @max: 2 files');
    expect(await saidOnDeploy(number)).toMatch(/^Ingested as revision 1/);
    expect(await status('Published')).toContain('approved by @ana and @max');
    expect(await audited(stage)).toMatchInlineSnapshot(`
      [
        "maria deploy-requested",
        "ana approval-counted",
        "ana approval-counted",
        "max approval-counted",
        "max deploy-approved",
        "bot publishing",
        "bot deploy-published",
      ]
    `);
  },
  twoNeeded,
);

botTest(
  'an approval that is dismissed counts no more',
  async (stage) => {
    const { github, bot, built, deployPr, approve, saidOnDeploy } = stage;
    await built();
    const number = await deployPr();
    const review = await github.review(STAGING, number, { by: 'ana', state: 'approved' });
    await bot.handled();
    expect(await saidOnDeploy(number)).toContain('1 of 2 approvals');
    await github.dismissReview(STAGING, number, review.id, { by: 'max' });
    await bot.handled();
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"The approval of @ana is taken back: **0 of 2 approvals**. 2 more approvals must come from members of stack/ingest, but not from @maria or @jo."`,
    );
    await approve('max', number);
    expect(await saidOnDeploy(number)).toContain('@max approved');
    await stage.deployIs('open');
    expect(await audited(stage)).toContain('ana approval-withdrawn');
  },
  twoNeeded,
);

botTest(
  'the author and who asked are never one of the two',
  async ({ built, deployPr, approve, saidOnDeploy, deployIs }) => {
    await built();
    const number = await deployPr();
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toContain('1 of 2 approvals');
    await approve('jo', number);
    expect(await saidOnDeploy(number)).toMatchInlineSnapshot(
      `"@jo, thank you for looking. This approval does not count: jo wrote stack/software-layer\\#⁠1, so a second person approves. It takes 2 approvals from members of stack/ingest, not by maria and not by jo."`,
    );
    await deployIs('open');
  },
  twoNeeded,
);

botTest(
  'one of two approvals is taken back before the merge',
  async (stage) => {
    const { github, built, deployPr, approve, saidOnDeploy } = stage;
    stage.expectComplaint('deploy failed', 'a job failed and will be tried again');
    await built();
    const number = await deployPr();
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toContain('1 of 2');
    github.failNext({ method: 'PUT', path: /\/merge$/, status: 502 });
    await approve('max', number);
    await github.waitFor(() => github.pendingFaults.length === 0);
    await github.review(STAGING, number, { by: 'ana', state: 'changes_requested' });
    expect(await saidOnDeploy(number)).toContain('the last of 2 approvals');
    const failed = await saidOnDeploy(number);
    expect(failed).toMatch(/^\*\*Nothing was published\*\*: ana took the approval back/);
    expect(await stage.said()).toBe(failed);
    expect(await stage.issue()).toContain('ana took the approval back');
    await stage.deployIs('failed');
  },
  twoNeeded,
);

botTest(
  'what was decided about a review is written down once, however often its delivery is worked on',
  async (stage) => {
    const { github, bot, built, deployPr, approve, saidOnDeploy } = stage;
    await built();
    const number = await deployPr();
    await approve('jo', number);
    expect(await saidOnDeploy(number)).toContain('does not count');
    await approve('ana', number);
    expect(await saidOnDeploy(number)).toContain('1 of 2 approvals');
    const before = await audited(stage);
    await stage.psql("UPDATE deliveries SET state = 'received' WHERE event = 'pull_request_review'");
    const reviews = github.deliveries.filter(({ event }) => event === 'pull_request_review');
    for (const { guid } of reviews) await handleDelivery(bot.world, guid);
    expect(reviews).toHaveLength(2);
    expect(await audited(stage)).toEqual(before);
  },
  twoNeeded,
);

botTest('an approval that comes before the deploy PR is in the row counts all the same', async (stage) => {
  const { github, bot, built, comment, approve, psql } = stage;
  const trouble = 'a job failed and will be tried again';
  stage.expectComplaint(trouble);
  await built();
  await psql(`ALTER TABLE stratobot.deploys ADD CONSTRAINT not_yet CHECK (state->>'kind' <> 'open')`);
  await comment('maria', 'bot: deploy');
  await github.waitFor(() => bot.complaints.some(({ message }) => message === trouble));
  const [pull] = github.pullRequests(STAGING);
  const number = Number(pull?.number);
  await approve('jo', number);
  await approve('ana', number);
  await stage.deployIs('preparing');
  await psql('ALTER TABLE stratobot.deploys DROP CONSTRAINT not_yet');
  const answers = [await stage.saidOnDeploy(number), await stage.saidOnDeploy(number)].sort();
  expect(answers[0]).toMatch(/^@ana approved/);
  expect(answers[1]).toContain('jo wrote stack/software-layer');
  await stage.deployIs('published');
  expect((await audited(stage)).filter((line) => line.includes('approval-'))).toEqual(
    expect.arrayContaining(['ana approval-counted', 'jo approval-refused']),
  );
  stage.skip(STAGING, number);
  stage.skip(SOFTWARE, 1);
});
