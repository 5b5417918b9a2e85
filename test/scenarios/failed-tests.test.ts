import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { STAGING } from '../harness/surroundings.ts';

const built = ': built, but tests failed';

botTest('a failed test stops a deploy, and is named', async (stage) => {
  await stage.openPullRequest('tests-fail');
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.status(built)).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: built, but tests failed

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ⚠️ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 1 passed, **1 failed** | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |

    <details><summary>Failed tests of 1 target</summary>

    - \`x86_64/amd/zen2\`: \`TOOL_computes\`

    </details>

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
      \`\`\`

    </details>

    Failed tests stop a deploy: mend them and build again, or say why they do not matter with \`bot: deploy --despite-tests="why"\`."
  `);
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "Nothing was put up for approval: tests failed on 1 target.

    - \`x86_64/amd/zen2\`: \`TOOL_computes\`

    Mend them and build again. If they do not matter, \`bot: deploy --despite-tests="why"\` puts the builds up; whoever approves sees the reason."
  `);
  expect(stage.github.pullRequests(STAGING)).toEqual([]);
});

botTest('a deploy despite failed tests shows its reviewers who says so, and why', async (stage) => {
  await stage.openPullRequest('tests-fail');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(built);
  await stage.comment('maria', 'bot: deploy --despite-tests="TOOL_computes needs a GPU, see #7"');
  expect(await stage.said()).toContain('Put up for approval');
  const [pull] = stage.github.pullRequests(STAGING);
  const body = pull?.body ?? '';
  expect(body.slice(body.indexOf('⚠️'), body.indexOf('</details>'))).toMatchInlineSnapshot(`
    "⚠️ **Tests failed on 1 target.** @maria asks for this deploy despite that: “TOOL\\_computes needs a GPU, see \\#⁠7”

    <details><summary>Which tests failed</summary>

    - \`x86_64/amd/zen2\`: \`TOOL_computes\`

    "
  `);
  const [asked] = await stage.bot.world.records.audit.list('deploy:1');
  expect(asked).toMatchObject({
    actor: 'maria',
    action: 'deploy-requested',
    evidence: { despiteTests: { by: 'maria', reason: 'TOOL_computes needs a GPU, see #7' } },
  });
});

botTest(
  'only those who may pass over failed tests do',
  async (stage) => {
    await stage.openPullRequest('tests-fail');
    await stage.comment('maria', 'bot: build arch=zen2');
    await stage.status(built);
    await stage.comment('maria', 'bot: deploy --despite-tests="why not"');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"@maria, deploys despite failed tests are asked for here by max. One of them can comment \`bot: deploy --despite-tests="why not"\`."`,
    );
  },
  {
    configure: ({ software_repositories: [repository] }) => {
      if (repository) repository.permissions.despite_tests = { logins: ['max'] };
    },
  },
);

botTest('a reason that is missing, and one that tests do not need', async (stage) => {
  await stage.built();
  await stage.comment('maria', 'bot: deploy --despite-tests');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: --despite-tests takes a reason.
    \`\`\`
    bot: deploy --despite-tests
                ^^^^^^^^^^^^^^^ write --despite-tests="why"
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help deploy\` has examples."
  `);
  await stage.comment('maria', 'bot: deploy --despite-tests="all is well"');
  expect(await stage.said()).toContain('Put up for approval');
  expect(stage.github.pullRequests(STAGING)[0]?.body).not.toContain('all is well');
});
