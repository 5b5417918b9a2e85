import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('status of a pull request where nothing was built', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('eve', 'bot: status');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing was built here yet. \`bot: help build\` has examples."`,
  );
});

botTest('status of what runs, beside the time it usually takes', async (stage) => {
  const { openPullRequest, comment, buildIs, release, status, said } = stage;
  await openPullRequest('wait');
  await comment('maria', 'bot: build arch=zen2');
  await buildIs('running');
  await status(/since \d\d:\d\d UTC \|/);
  await comment('eve', 'bot: status');
  expect(await said()).toMatchInlineSnapshot(`
    "- Build of \`COMMIT\`: running ([details](GITHUB/stack/software-layer/pull/1#issuecomment-ID))
      - ⏳ \`x86_64/amd/zen2\`: N s"
  `);
  await release();
  await status(': built');
  await comment('maria', 'bot: build arch=zen2 --force');
  await buildIs('running', 2);
  expect(await status('since')).toContain('| since TIME, usually takes N s |');
  await comment('eve', 'bot: status last_build');
  expect(await said()).toContain('  - ⏳ `x86_64/amd/zen2`: N s of about N s');
});

botTest('status shows the newest three requests, status all every one', async (stage) => {
  await stage.built();
  for (const _ of ['second', 'third', 'fourth']) {
    await stage.comment('maria', 'bot: build arch=zen2 --force');
    await stage.status(': built');
  }
  await stage.comment('eve', 'bot: status');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "- Build of \`COMMIT\`: built ([details](GITHUB/stack/software-layer/pull/1#issuecomment-ID))
    - Build of \`COMMIT\`: built ([details](GITHUB/stack/software-layer/pull/1#issuecomment-ID))
    - Build of \`COMMIT\`: built ([details](GITHUB/stack/software-layer/pull/1#issuecomment-ID))"
  `);
  await stage.comment('eve', 'bot: status all');
  expect((await stage.said()).split('\n')).toHaveLength(4);
});

botTest('status says which builds are of an older commit', async ({ built, push, comment, said }) => {
  await built();
  await push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
  await comment('eve', 'bot: status last_build');
  expect(await said()).toMatchInlineSnapshot(
    `"- Build of \`COMMIT\` (an older commit): built ([details](GITHUB/stack/software-layer/pull/1#issuecomment-ID))"`,
  );
});

botTest('the comment of an older request folds into one line', async (stage) => {
  const { built, comment, status, github } = stage;
  await built();
  await comment('maria', 'bot: build arch=neoverse_n1');
  await status(': built');
  const folded = () =>
    github.comments(SOFTWARE, 1).find(({ body }) => body.includes('<details><summary>✅ Build of'));
  const { body } = await github.waitFor(folded, { what: 'the older comment to be folded' });
  expect(body.split('\n')[1]).toMatch(
    /<code>[0-9a-f]{7}<\/code> for <code>x86_64\/amd\/zen2<\/code>: built · a newer one is below<\/summary>$/,
  );
});
