import { readdirSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { STAGING } from '../harness/surroundings.ts';

const MERGE = { method: 'PUT', path: /\/merge$/ };
const COMPLAINTS = [
  'approved artifacts did not pass verification',
  'deploy failed',
  'a job failed and will be tried again',
];

/** ana approves; what is said of it on the deploy PR, and that nothing is published. */
async function approvedInVain(stage: Stage, number: number): Promise<string> {
  await stage.approve('ana', number);
  // What became of it may be told before the approval is.
  const both = [await stage.saidOnDeploy(number), await stage.saidOnDeploy(number)];
  expect(both.filter((said) => said.includes('@ana approved'))).toHaveLength(1);
  const said = both.find((one) => !one.includes('@ana approved')) ?? '';
  return nothingPublished(stage, said);
}

/** @param said on the deploy PR */
async function nothingPublished(stage: Stage, said: string): Promise<string> {
  expect(await stage.said()).toBe(said);
  expect(await stage.issue()).toContain(said);
  await stage.deployIs('failed');
  expect(readdirSync(stage.around.publishRoot)).not.toContain('software.eessi.io');
  return said;
}

async function artifactFile({ around, deployIs }: Stage): Promise<string> {
  const { artifacts } = await deployIs('open');
  return join(around.dir, 'artifacts', artifacts[0]?.key ?? '');
}

botTest('an artifact that changed in the store', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await stage.built();
  const number = await stage.deployPr();
  await appendFile(await artifactFile(stage), 'one more byte');
  expect(await approvedInVain(stage, number)).toMatchInlineSnapshot(`
    "**Nothing was published.** What was fetched for ingest is not what was approved:

    - \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`: It is not what was approved: N bytes with sha256 SHA256 were, the store gave more bytes.

    An administrator has to look at the artifact store before this is tried again."
  `);
  const audit = await stage.bot.world.records.audit.list('deploy:1');
  expect(
    audit.map(({ actor, action }) => `${actor.replace(/demo-bot-.*/, 'bot')} ${action}`),
  ).toMatchInlineSnapshot(`
    [
      "maria deploy-requested",
      "ana approval-counted",
      "ana deploy-approved",
      "bot deploy-failed",
    ]
  `);
  expect(await stage.status('Deploy failed')).toMatch(/\*\*Deploy failed\*\* in stack\/staging#1/);
});

botTest('an artifact that is gone from the store', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await stage.built();
  const number = await stage.deployPr();
  await rm(await artifactFile(stage));
  expect(await approvedInVain(stage, number)).toMatchInlineSnapshot(`
    "**Nothing was published.** What was fetched for ingest is not what was approved:

    - \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`: It is no longer in the artifact store.

    An administrator has to look at the artifact store before this is tried again."
  `);
});

botTest('an approval that is dismissed before the merge', async (stage) => {
  const { github, built, deployPr, bot } = stage;
  stage.expectComplaint(...COMPLAINTS);
  await built();
  const number = await deployPr();
  github.failNext({ ...MERGE, status: 502 });
  const review = await github.review(STAGING, number, { by: 'ana', state: 'approved' });
  await bot.handled();
  await github.waitFor(() => github.pendingFaults.length === 0);
  await github.dismissReview(STAGING, number, review.id, { by: 'max' });
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await nothingPublished(stage, await stage.saidOnDeploy(number))).toMatchInlineSnapshot(
    `"**Nothing was published**: ana took the approval back, or it was dismissed. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
});

botTest('an approver who leaves the team before the merge', async (stage) => {
  const { github, built, deployPr } = stage;
  stage.expectComplaint(...COMPLAINTS);
  await built();
  const number = await deployPr();
  github.failNext({ ...MERGE, status: 502 });
  await stage.approve('ana', number);
  await github.waitFor(() => github.pendingFaults.length === 0);
  github.removeFromTeam('stack/ingest', 'ana');
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await nothingPublished(stage, await stage.saidOnDeploy(number))).toMatchInlineSnapshot(
    `"**Nothing was published**: ana is not among those who approve here. It takes one approval from members of stack/ingest, not by maria and not by jo. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
});

botTest('an approver who asks for changes before the merge', async (stage) => {
  const { github, built, deployPr } = stage;
  stage.expectComplaint(...COMPLAINTS);
  await built();
  const number = await deployPr();
  github.failNext({ ...MERGE, status: 502 });
  await stage.approve('ana', number);
  await github.waitFor(() => github.pendingFaults.length === 0);
  await github.review(STAGING, number, { by: 'ana', state: 'changes_requested' });
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await nothingPublished(stage, await stage.saidOnDeploy(number))).toMatch(
    /^\*\*Nothing was published\*\*: ana took the approval back/,
  );
});

botTest('a commit pushed between the approval and the merge', async (stage) => {
  const { github, built, deployPr } = stage;
  stage.expectComplaint(...COMPLAINTS);
  await built();
  const number = await deployPr();
  github.failNext({ ...MERGE, status: 502 });
  await stage.approve('ana', number);
  await github.waitFor(() => github.pendingFaults.length === 0);
  const { ref } = github.pullRequest(STAGING, number).head;
  await github.pushBranch(STAGING, ref, { by: 'jo', changes: { 'approved/more.txt': 'more\n' } });
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await nothingPublished(stage, await stage.saidOnDeploy(number))).toMatchInlineSnapshot(
    `"**Nothing was published**: This deploy PR shows the artifacts at commit COMMIT, but its head is now COMMIT; nobody can approve that. Ask for a new deploy. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
});

botTest('GitHub refuses to merge', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await stage.built();
  const number = await stage.deployPr();
  stage.github.failNext({ ...MERGE, status: 405, body: { message: 'Pull Request is not mergeable' } });
  expect(await approvedInVain(stage, number)).toMatchInlineSnapshot(
    `"**Nothing was published**: GitHub refused to merge the deploy PR. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
});

botTest('a repository in the way of the publisher', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await stage.built();
  const number = await stage.deployPr();
  const foreign = join(stage.around.publishRoot, 'software.eessi.io');
  await mkdir(foreign);
  await writeFile(join(foreign, 'precious'), 'not ours\n');
  await stage.approve('ana', number);
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await stage.saidOnDeploy(number)).toMatchInlineSnapshot(
    `"**Nothing was published**: DIR/published/software.eessi.io is not a symlink: Stratobot did not make it, and does not touch it. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
  expect(await stage.issue()).toMatchInlineSnapshot(`
    "# Deploy 1 of stack/software-layer#1 was not published
    **Nothing was published**: DIR/published/software.eessi.io is not a symlink: Stratobot did not make it, and does not touch it. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again.

    This is about a deploy of 1 tarball for \`software.eessi.io\`, digest \`sha256:…\`; its deploy PR is #1. Close this issue when it is settled."
  `);
  stage.skip('stack/software-layer', 1);
  expect(readdirSync(foreign)).toEqual(['precious']);
});

botTest('after a failure the same builds can be put up and published', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await stage.built();
  const number = await stage.deployPr();
  stage.github.failNext({ ...MERGE, status: 405, body: { message: 'Pull Request is not mergeable' } });
  await approvedInVain(stage, number);
  const again = await stage.deployPr();
  stage.skip(STAGING, again);
  stage.skip(STAGING, number);
  await stage.approve('ana', again);
  expect(await stage.said()).toContain('as revision 1 of');
});
