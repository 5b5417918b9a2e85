import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest(
  'one target, from the comment to the artifact',
  async ({ openPullRequest, comment, status, checks }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2');
    expect(await status(': built')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: built

      | | target | for | took | tests | artifact |
      | :-: | --- | --- | --: | --- | --: |
      | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |

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

      \`bot: deploy\` puts what is built up for approval."
    `);
    expect(await checks()).toMatchInlineSnapshot(`
    [
      "demo-bot / x86_64/amd/zen2 / 2025.06: success, Built in N s: 1 artifact, N B",
    ]
  `);
  },
);

botTest('two lines of a comment are one request', async ({ openPullRequest, comment, status, checks }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2\nbot: build for:arch=aarch64/neoverse_n1');
  expect(await status('all 2 targets built')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: all 2 targets built

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |
    | ✅ | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/2/eessi-2025.06-software-linux-aarch64-neoverse_n1-1795200000.tar.gz) |

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code> <code>bot: build for:arch=aarch64/neoverse_n1</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
      \`\`\`
    - \`aarch64/neoverse_n1\`: build 2, pool \`n1\`, node \`n1/node-2\`, [log](BOT/builds/2/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-aarch64-neoverse_n1-1795200000.tar.gz
      \`\`\`

    </details>

    \`bot: deploy\` puts what is built up for approval."
  `);
  expect(await checks()).toHaveLength(2);
});

botTest('arch=all builds for every target', async ({ openPullRequest, comment, status }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=all');
  expect(await status('all 2 targets built')).toContain('bot: build arch=all');
});

botTest('a request lives in one comment, from running to built', async (stage) => {
  const { github, openPullRequest, comment, status, buildIs, release } = stage;
  await openPullRequest('wait');
  await comment('maria', 'bot: build arch=zen2');
  await buildIs('running');
  expect(await status('since')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: running

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ⏳ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | since TIME |  | [live log](BOT/builds/1/log) |

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)

    </details>

    When all are built, \`bot: deploy\` puts them up for approval."
  `);
  await release();
  await status(': built');
  const ofBot = github.comments('stack/software-layer', 1).filter(({ author }) => author.endsWith('[bot]'));
  expect(ofBot).toHaveLength(1);
});

botTest('the check of a build shows how it stands', async (stage) => {
  const { github, openPullRequest, comment, status, buildIs, release } = stage;
  const shown = () => github.checkRuns('stack/software-layer').map((run) => `${run.status}: ${run.title}`);
  await openPullRequest('wait');
  await comment('maria', 'bot: build arch=zen2');
  await buildIs('running');
  expect(await github.waitFor(() => shown().find((line) => line.includes('Running')))).toMatchInlineSnapshot(
    `"in_progress: Running on zen2/node-1"`,
  );
  await release();
  await status(': built');
  expect(await stage.checks()).toMatchInlineSnapshot(`
    [
      "demo-bot / x86_64/amd/zen2 / 2025.06: success, Built in N s: 1 artifact, N B",
    ]
  `);
});

botTest('more builds than slots wait for a node', async (stage) => {
  await stage.openPullRequest('wait');
  for (const name of ['first', 'second', 'third']) {
    await stage.comment('maria', `The ${name}.\n\nbot: build arch=zen2 export:SKIP_TESTS=${name}`);
    await stage.status('### Build of');
  }
  await Promise.all([stage.buildIs('running', 1), stage.buildIs('running', 2)]);
  expect(await stage.status('waits: all 2 slots are taken')).toContain('### Build of `COMMIT`: waiting');
  await stage.release(1);
  await stage.buildIs('running', 3);
  await Promise.all([stage.release(2), stage.release(3)]);
  await stage.status(': built');
});

botTest('the log of a build can be read', async ({ openPullRequest, comment, status, bot }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zen2');
  await status(': built');
  const log = await (await fetch(`${bot.url}/builds/1/log`)).text();
  expect(log).toMatchInlineSnapshot(`
    "building for x86_64/amd/zen2: good, greeting: none
    eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz created!
    [  PASSED  ] Ran 2/2 test case(s) from 2 check(s) (0 failure(s), 0 skipped, 0 aborted)
    "
  `);
});

botTest(
  'a variable reaches the job',
  async ({ openPullRequest, comment, status, bot }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2 export:GREETING=hello export:SKIP_TESTS=yes');
    expect(await status(': built')).toContain('| skipped |');
    const log = await (await fetch(`${bot.url}/builds/1/log`)).text();
    expect(log).toContain('greeting: hello');
  },
  { configure: (config) => Object.assign(config, { exports: ['GREETING', 'SKIP_TESTS'] }) },
);

botTest('tests that fail are shown', async ({ openPullRequest, comment, status, checks }) => {
  await openPullRequest('tests-fail');
  await comment('maria', 'bot: build arch=zen2');
  expect((await status(': built')).split('\n').slice(0, 5)).toMatchInlineSnapshot(
    `
    [
      "### Build of \`COMMIT\`: built, but tests failed",
      "",
      "| | target | for | took | tests | artifact |",
      "| :-: | --- | --- | --: | --- | --: |",
      "| ⚠️ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 1 passed, **1 failed** | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |",
    ]
  `,
  );
  expect(await checks()).toMatchInlineSnapshot(`
    [
      "demo-bot / x86_64/amd/zen2 / 2025.06: failure, Built in N s, but tests failed: 1 artifact, N B",
    ]
  `);
});

botTest(
  'an accelerator is built on a pool that has it',
  async ({ openPullRequest, comment, status }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2 accel=nvidia/cc80');
    expect((await status(/: (built|failed)/)).split('\n').slice(0, 6)).toMatchInlineSnapshot(`
      [
        "### Build of \`COMMIT\`: built",
        "",
        "| | target | for | took | tests | artifact |",
        "| :-: | --- | --- | --: | --- | --: |",
        "| ✅ | \`x86_64/amd/zen2+nvidia/cc80\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc80-1795200000.tar.gz) |",
        "",
      ]
    `);
  },
  {
    configure: ({ pools }) => {
      pools.push({ ...pools[0], name: 'zen2-gpu', arch: 'x86_64/amd/zen2', accelerators: ['nvidia/cc80'] });
    },
  },
);

botTest(
  'an equal build asked for twice in a comment is one',
  async ({ openPullRequest, comment, status, bot }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2\nbot: build arch=x86_64/amd/zen2');
    await status(': built');
    expect(await bot.world.records.builds.ofRequest(1)).toHaveLength(1);
  },
);
