import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest('a typo in a target', async ({ openPullRequest, comment, said, bot }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zenn2');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: no target here matches \`zenn2\`.
    \`\`\`
    bot: build arch=zenn2
                    ^^^^^ did you mean zen2?
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help build\` has examples."
  `);
  expect(await bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
});

botTest('a command that does not exist', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: biuld arch=zen2');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: there is no command \`biuld\`.
    \`\`\`
    bot: biuld arch=zen2
         ^^^^^ did you mean build?
    \`\`\`

    Commands: \`help\`, \`build\`, \`plan\`, \`retry\`, \`status\`, \`log\`, \`cancel\`, \`priority\`, \`deploy\`, \`rollback\`, \`drop\`, \`show_config\`, \`ping\`. \`bot: help build\` has examples."
  `);
});

botTest('nothing behind bot:', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot:');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: there is no command after \`bot:\`.
    \`\`\`
    bot:
    ^^^^ write bot: help
    \`\`\`

    Commands: \`help\`, \`build\`, \`plan\`, \`retry\`, \`status\`, \`log\`, \`cancel\`, \`priority\`, \`deploy\`, \`rollback\`, \`drop\`, \`show_config\`, \`ping\`. \`bot: help build\` has examples."
  `);
});

botTest('a build of nothing in particular', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: build');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: it does not say what to build for.
    \`\`\`
    bot: build
         ^^^^^ add arch=zen2, or arch=all
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help build\` has examples."
  `);
});

botTest('a repository that is not built for', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2 repo:2023.06');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: no repository here matches \`2023.06\`.
    \`\`\`
    bot: build arch=zen2 repo:2023.06
                              ^^^^^^^ did you mean 2025.06?
    \`\`\`

    Repositories: \`eessi.io-2025.06-software\`. \`bot: help build\` has examples."
  `);
});

botTest('a filter that does not exist', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2 acell=nvidia/cc80');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: there is no filter \`acell\`.
    \`\`\`
    bot: build arch=zen2 acell=nvidia/cc80
                         ^^^^^ did you mean accel?
    \`\`\`

    Filters: \`arch\`, \`accel\`, \`on:arch\`, \`for:arch\`, \`repo\`, \`inst\`, \`export\`. \`bot: help build\` has examples."
  `);
});

botTest('an accelerator no pool has', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2 accel=nvidia/cc80');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: no nodes here have accelerators.
    \`\`\`
    bot: build arch=zen2 accel=nvidia/cc80
                               ^^^^^^^^^^^
    \`\`\`

    \`bot: help build\` has examples."
  `);
});

botTest('a variable that may not be set', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2 export:LD_PRELOAD=/tmp/evil.so');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: the variable \`LD_PRELOAD\` may not be set here.
    \`\`\`
    bot: build arch=zen2 export:LD_PRELOAD=/tmp/evil.so
                                ^^^^^^^^^^
    \`\`\`

    Variables: \`SKIP_TESTS\`. \`bot: help build\` has examples."
  `);
});

botTest('one line of two is wrong: nothing starts', async ({ openPullRequest, comment, said, bot }) => {
  await openPullRequest();
  await comment('maria', 'Both, please.\n\nbot: build arch=zen2\nbot: build for:arch=aarch64/neoverse_n2\n');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 4: no target here matches \`aarch64/neoverse_n2\`.
    \`\`\`
    bot: build for:arch=aarch64/neoverse_n2
                        ^^^^^^^^^^^^^^^^^^^ did you mean aarch64/neoverse_n1?
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help build\` has examples."
  `);
  expect(await bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
});

botTest('what people type is shown harmless', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('eve', 'bot: build arch=`<img> ```@maria[x](https://evil.example)');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: a target cannot hold \`\` \` \`\`.
    \`\`\`\`
    bot: build arch=\`<img> \`\`\`@maria[x](https://evil.example)
                    ^ write it without quotes
    \`\`\`\`

    Line 1: there is no filter \`\`\`\` \`\`\`@maria[x](https \`\`\`\`.
    \`\`\`\`
    bot: build arch=\`<img> \`\`\`@maria[x](https://evil.example)
                           ^^^^^^^^^^^^^^^^^^ write it without quotes
    \`\`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. Filters: \`arch\`, \`accel\`, \`on:arch\`, \`for:arch\`, \`repo\`, \`inst\`, \`export\`. \`bot: help build\` has examples.

    @eve, builds here are started by members of stack/builders. One of them can ask for it."
  `);
});

botTest('with --keep-going the right ones are built', async ({ openPullRequest, comment, said, status }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2,zenn3 --keep-going\nbot: buidl arch=n1');
  expect(await said()).toMatchInlineSnapshot(`
    "This was left out, the rest was carried out. Line 1: no target here matches \`zenn3\`.
    \`\`\`
    bot: build arch=zen2,zenn3 --keep-going
                         ^^^^^ did you mean zen2?
    \`\`\`

    Line 2: there is no command \`buidl\`.
    \`\`\`
    bot: buidl arch=n1
         ^^^^^ did you mean build?
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. Commands: \`help\`, \`build\`, \`plan\`, \`retry\`, \`status\`, \`log\`, \`cancel\`, \`priority\`, \`deploy\`, \`rollback\`, \`drop\`, \`show_config\`, \`ping\`. \`bot: help build\` has examples."
  `);
  expect((await status(': built')).split('\n').slice(0, 4)).toMatchInlineSnapshot(`
    [
      "### Build of \`COMMIT\`: built",
      "",
      "| | target | for | took | tests | artifact |",
      "| :-: | --- | --- | --: | --- | --: |",
    ]
  `);
});

botTest('what is nearly a command is pointed out once to a person', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'Nice.\n\nbot build zen2 please');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"@maria, line 3 was not read as a command: it does not begin with \`bot:\`. If it is meant as one, write \`bot: build arch=zen2\` in a new comment, at the beginning of a line."`,
  );
  await stage.comment('maria', 'bot build zen2');
  await stage.silence();
  await stage.comment('eve', '@stratobot build arch=zen2\nplease bot: status');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"@eve, lines 1 and 2 were not read as commands: they do not begin with \`bot:\`. If they are meant as such, write \`bot: build arch=zen2\` and \`bot: status\` in a new comment, each on a line of its own."`,
  );
});

botTest('a deploy of one target, and a log of none', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: deploy arch=zen2\nbot: log acell=cc80');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: this command takes no \`arch\`.
    \`\`\`
    bot: deploy arch=zen2
                ^^^^ deploy takes all that is built; bot: drop leaves targets out
    \`\`\`

    Line 2: there is no filter \`acell\`.
    \`\`\`
    bot: log acell=cc80
             ^^^^^ did you mean accel?
    \`\`\`

    Filters: \`inst\`. Filters: \`arch\`, \`accel\`, \`repo\`, \`inst\`, \`job\`. \`bot: help deploy\` and \`bot: help log\` have examples."
  `);
});
