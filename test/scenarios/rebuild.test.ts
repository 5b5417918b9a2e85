import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { STAGING } from '../harness/surroundings.ts';

const COMPLAINTS = ['deploy failed', 'a job failed and will be tried again'];

/** Tool 1.0 is published for zen2; then the pull request makes another of it, which is built. */
async function builtAnother(stage: Stage, target: string, changes: Record<string, string> = {}) {
  await stage.built();
  const first = await stage.deployPr();
  await stage.approve('ana', first);
  expect(await stage.said()).toContain('as revision 1 of');
  stage.skip(STAGING, first);
  await stage.push('jo', { behaviour: 'changed', ...changes });
  await stage.comment('maria', `bot: build arch=${target}`);
  await stage.status(': built');
}

const mentions = (body: string | null, word: string) =>
  (body ?? '').split('\n').filter((line) => line.includes(word));

botTest('what is published is replaced by a rebuild only', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await builtAnother(stage, 'zen2');
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "**Nothing was put up for approval**: 1 tarball does not fit what \`software.eessi.io\` has already.

    - \`2025.06/software/linux/x86_64/amd/zen2/software/tool/1.0/bin/tool\` is there already with another content. \`bot: deploy rebuild\` puts the same builds up to replace what is there, and tells the reviewers."
  `);
  await stage.deployIs('failed', 2);
  expect(stage.github.pullRequests(STAGING)).toHaveLength(1);

  await stage.comment('maria', 'bot: deploy rebuild');
  expect(await stage.said()).toContain('Put up for approval: stack/staging#2');
  const { body } = stage.github.pullRequest(STAGING, 2);
  expect(mentions(body, 'ebuild')).toMatchInlineSnapshot(`
    [
      "⚠️ **A rebuild**: files that are published already may be replaced.",
    ]
  `);
  await stage.approve('ana', 2);
  stage.skip(STAGING, 2);
  expect(await stage.said()).toContain('as revision 2 of');
});

botTest('easystacks of rebuilds make a deploy of their pull request one', async (stage) => {
  await builtAnother(stage, 'zen2', { 'easystacks/rebuilds/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n' });
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toContain('Put up for approval: stack/staging#2');
  expect((await stage.deployIs('open', 2)).rebuild).toBe(true);
});

botTest('what came into the repository since a deploy was put up is not replaced', async (stage) => {
  stage.expectComplaint(...COMPLAINTS);
  await builtAnother(stage, 'neoverse_n1');
  const number = await stage.deployPr();
  const { differences } = await stage.deployIs('open', 2);
  expect(differences).toMatchObject({ added: 2, identical: 0, replaced: { count: 0 }, clashes: [] });
  const tool = 'versions/2025.06/software/linux/aarch64/neoverse_n1/software/tool/1.0/bin/tool';
  const path = join(stage.around.publishRoot, 'software.eessi.io', tool);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'from somewhere else\n');
  await stage.approve('ana', number);
  expect(await stage.saidOnDeploy(number)).toContain('@ana approved');
  expect(await stage.saidOnDeploy(number)).toMatchInlineSnapshot(
    `"**Nothing was published**: It does not fit what \`software.eessi.io\` has already: \`2025.06/software/linux/aarch64/neoverse_n1/software/tool/1.0/bin/tool\` is there already with another content. \`bot: deploy\` on stack/software-layer#1 puts the same builds up again."`,
  );
  expect(await stage.said()).toContain('**Nothing was published**');
  expect(await stage.issue()).toContain('# Deploy 2 of stack/software-layer#1 was not published');
});

botTest('what is not in the store any more is not put up', async (stage) => {
  stage.expectComplaint(...COMPLAINTS, 'approved artifacts did not pass verification');
  await stage.built();
  const [artifact] = await stage.bot.world.records.artifacts.ofBuild(1);
  await writeFile(join(stage.around.dir, 'artifacts', artifact?.key ?? ''), 'something else');
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "**Nothing was put up for approval.** What is in the artifact store is not what was collected:

    - \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`: It is not what was approved: N bytes with sha256 SHA256 were, the store gave N bytes with sha256 SHA256.

    An administrator has to look at the artifact store before this is tried again."
  `);
  expect(await stage.issue()).toMatch(/it has no deploy PR/);
});
