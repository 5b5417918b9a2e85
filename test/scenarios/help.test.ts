import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('bot: help says what can be asked', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('eve', 'bot: help');
  expect(await said()).toMatchInlineSnapshot(`
    "**Stratobot** (\`demo-bot\`) builds the software of this pull request, and publishes it when a second person has approved. Write a line that starts with \`bot:\`.

    | you write | what happens |
    | --- | --- |
    | \`bot: build arch=zen2\` | builds for a target; \`bot: help build\` has more examples |
    | \`bot: plan\` | says what a build would do: targets, software, how long; starts nothing |
    | \`bot: status\` | says what is built, what runs, what waits for approval |
    | \`bot: log\` | shows the ends of the newest logs |
    | \`bot: retry\` | repeats what failed or was cancelled |
    | \`bot: cancel\` | stops all builds; \`bot: cancel arch=…\` only some |
    | \`bot: priority\` | gives what waits here its turn sooner; \`bot: priority arch=…\` only some |
    | \`bot: deploy\` | puts the newest good builds of the current commit up for approval |
    | \`bot: drop arch=…\` | takes targets out of the deploy that waits for approval |
    | \`bot: rollback\` | takes back what was published from here, once a second person confirms |
    | \`bot: show_config\` | lists what can be built here, and what is free |

    \`bot: help COMMAND\` says more of each. The label \`bot:build\` builds for all targets; \`bot:deploy\` is for \`bot: deploy\`.

    Targets: \`zen2\`, \`neoverse_n1\`. Repositories: \`eessi.io-2025.06-software\`."
  `);
});

botTest('bot: help build has examples of this instance', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'How do I build this?\n\nbot: help build\n');
  expect(await said()).toMatchInlineSnapshot(`
    "**\`bot: build\`** builds the software of this pull request.

    Written: \`bot: build arch=TARGET [accel=ACCELERATOR] [repo:REPOSITORY] [export:NAME=value]\`

    | you write | what happens |
    | --- | --- |
    | \`bot: build arch=zen2\` | builds for one target |
    | \`bot: build arch=zen2,neoverse_n1\` | for two |
    | \`bot: build arch=all\` | for every target there is |
    | \`bot: build arch=zen2 repo:eessi.io-2025.06-software\` | for one repository only |
    | \`bot: build on:arch=zen2 for:arch=x86_64/amd/zen2\` | on one kind of node, for a target it can build |
    | \`bot: build arch=zen2 export:SKIP_TESTS=yes\` | with a variable set for the scripts |
    | \`bot: build arch=zen2 --force\` | again, though it is built already |

    - \`--force\` builds what is built already, and for a stack that the pull request does not change
    - \`--keep-going\` carries out what is right in the comment, though other lines or targets are wrong

    Targets: \`zen2\`, \`neoverse_n1\`. Repositories: \`eessi.io-2025.06-software\`."
  `);
});

botTest(
  'bot: show_config lists pools, targets and repositories',
  async ({ openPullRequest, comment, said }) => {
    await openPullRequest();
    await comment('jo', 'bot: show_config');
    expect(await said()).toMatchInlineSnapshot(`
      "What \`demo-bot\` builds for:

      | pool | targets | accelerators | repositories | free |
      | --- | --- | --- | --- | --- |
      | \`zen2\` | \`x86_64/amd/zen2\` |  | \`eessi.io-2025.06-software\` | 2 of 2 slots |
      | \`n1\` | \`aarch64/neoverse_n1\` |  | \`eessi.io-2025.06-software\` | 2 of 2 slots |

      Repositories:

      - \`eessi.io-2025.06-software\`: \`software.eessi.io 2025.06\`

      <details><summary>2 nodes</summary>

      - \`zen2/node-1\`: 0 of 2 slots in use
      - \`n1/node-2\`: 0 of 2 slots in use

      </details>"
    `);
  },
);

botTest('bot: ping is answered by this instance', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot:ping');
  expect(await said()).toMatchInlineSnapshot(`"\`demo-bot\` is here."`);
});

botTest('several commands in a comment are answered in one', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot: ping\nbot: status');
  expect(await said()).toMatchInlineSnapshot(`
    "\`demo-bot\` is here.

    Nothing was built here yet. \`bot: help build\` has examples."
  `);
});

botTest('a command on an issue is told where commands work', async ({ github, bot }) => {
  const issue = await github.openIssue(SOFTWARE, { by: 'jo', title: 'tool is missing' });
  await github.comment(SOFTWARE, issue.number, { by: 'jo', body: 'bot: build arch=zen2' });
  await bot.handled();
  const [, answer] = await github.waitFor(() => {
    const comments = github.comments(SOFTWARE, issue.number);
    return comments.length === 2 && comments.map(({ body }) => body.split('\n')[1]);
  });
  expect(answer).toMatchInlineSnapshot(
    `"Nothing was started: this is an issue, and commands are for pull requests. Write it there."`,
  );
});
