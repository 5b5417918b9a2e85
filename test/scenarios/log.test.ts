import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest('log where nothing was built', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('eve', 'bot: log');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing was built here yet, so there is no log. \`bot: help build\` has examples."`,
  );
});

botTest('the end of a log, for whoever may read here', async (stage) => {
  await stage.openPullRequest('fail x86_64/amd/zen2');
  await stage.comment('maria', 'bot: build arch=all');
  await stage.status('1 of 2 targets built, 1 failed');
  await stage.comment('eve', 'bot: log');
  const both = await stage.said();
  expect(both.match(/<summary>.*<\/summary>/g)).toMatchInlineSnapshot(`
    [
      "<summary>❌ <code>x86_64/amd/zen2</code>, build 1 (failed): the last 2 lines</summary>",
      "<summary>✅ <code>aarch64/neoverse_n1</code>, build 2 (built): the last 3 lines</summary>",
    ]
  `);
  expect(both).toContain('ERROR: tool-1.0.eb does not compile');
  await stage.comment('eve', 'bot: log arch=neoverse_n1');
  expect(await stage.said()).toContain('building for aarch64/neoverse_n1');
  await stage.comment('eve', 'bot: log arch=zen4');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "No log is shown. Line 1: none of these builds matches \`zen4\`.
    \`\`\`
    bot: log arch=zen4
                  ^^^^
    \`\`\`

    Targets: \`x86_64/amd/zen2\`, \`aarch64/neoverse_n1\`. \`bot: help log\` has examples."
  `);
});

botTest('log job:N shows an earlier try as well', async (stage) => {
  await stage.openPullRequest('flaky');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': failed');
  await stage.comment('maria', 'bot: retry');
  await stage.said();
  await stage.status(': built');
  await stage.comment('eve', 'bot: log job:1');
  expect(await stage.said()).toContain('ERROR: the weather is bad');
  await stage.comment('eve', 'bot: log');
  expect(await stage.said()).not.toContain('weather');
});
