import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Build } from '../../src/domain/build.ts';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** Whether the job's first process runs; a handle begins with its pid. One that has ended may still wait to be reaped. */
async function isAlive({ id, state }: Build): Promise<boolean> {
  if (state.kind !== 'running') throw new Error(`build ${id} is ${state.kind}`);
  const stat = await readFile(`/proc/${Number.parseInt(state.handle.job, 10)}/stat`, 'utf8').catch(
    () => ') Z',
  );
  return !/\) Z/.test(stat);
}

botTest('a running build is stopped, and its job is gone', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2');
  const running = await stage.buildIs('running');
  expect(await isAlive(running)).toBe(true);
  await stage.comment('maria', 'bot: cancel');
  expect(await stage.said()).toMatchInlineSnapshot(`"Cancelling 1 build: \`x86_64/amd/zen2\`."`);
  expect(await stage.status('cancelled after')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: cancelled

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | 🚫 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | cancelled after N s |  | [log](BOT/builds/1/log) |

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)

    </details>"
  `);
  expect(await isAlive(running)).toBe(false);
  expect(await stage.checks()).toMatchInlineSnapshot(`
    [
      "demo-bot / x86_64/amd/zen2 / 2025.06: cancelled, Cancelled by maria",
    ]
  `);
});

botTest(
  'cancel arch= stops only that',
  async ({ openPullRequest, comment, said, status, buildIs, release }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=all');
    await Promise.all([buildIs('running', 1), buildIs('running', 2)]);
    await comment('maria', 'bot: cancel arch=neoverse_n1');
    expect(await said()).toMatchInlineSnapshot(`"Cancelling 1 build: \`aarch64/neoverse_n1\`."`);
    await buildIs('cancelled', 2);
    await release(1);
    expect(await status('1 of 2 targets built, 1 cancelled')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: 1 of 2 targets built, 1 cancelled

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |
    | 🚫 | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | cancelled after N s |  | [log](BOT/builds/2/log) |

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=all</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
      \`\`\`
    - \`aarch64/neoverse_n1\`: build 2, pool \`n1\`, node \`n1/node-2\`, [log](BOT/builds/2/log)

    </details>

    \`bot: deploy\` puts what is built up for approval."
  `);
  },
);

botTest(
  'cancel job: stops one of several',
  async ({ openPullRequest, comment, said, status, buildIs, release }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=all');
    await Promise.all([buildIs('running', 1), buildIs('running', 2)]);
    await comment('maria', 'bot: cancel job:7');
    expect(await said()).toMatchInlineSnapshot(`
      "Nothing was cancelled. Line 1: job \`7\` is none of these.
      \`\`\`
      bot: cancel job:7
                      ^
      \`\`\`

      Builds: \`1\`, \`2\`. \`bot: help cancel\` has examples."
    `);
    await comment('maria', 'bot: cancel job:1');
    expect(await said()).toMatchInlineSnapshot(`"Cancelling 1 build: \`x86_64/amd/zen2\`."`);
    await release(2);
    await status('1 of 2 targets built, 1 cancelled');
  },
);

botTest('cancel where nothing runs', async ({ built, comment, said }) => {
  await built();
  await comment('maria', 'bot: cancel');
  expect(await said()).toMatchInlineSnapshot(`"Nothing is running here, so nothing was cancelled."`);
});

botTest(
  'cancel of a target that does not run',
  async ({ openPullRequest, comment, said, status, buildIs, release }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running');
    await comment('maria', 'bot: cancel arch=neoverse_n1');
    expect(await said()).toMatchInlineSnapshot(`
      "Nothing was cancelled. Line 1: none of these builds matches \`neoverse_n1\`.
      \`\`\`
      bot: cancel arch=neoverse_n1
                       ^^^^^^^^^^^
      \`\`\`

      Targets: \`x86_64/amd/zen2\`. \`bot: help cancel\` has examples."
    `);
    await release();
    await status(': built');
  },
);

botTest(
  'closing the pull request stops its builds',
  async ({ github, openPullRequest, comment, status, buildIs }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running');
    await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
    expect((await status('cancelled after')).split('\n')[0]).toMatchInlineSnapshot(
      `"### Build of \`COMMIT\`: cancelled"`,
    );
  },
);

botTest(
  'a build that waits for a node never starts',
  async ({ openPullRequest, comment, said, status, buildIs }) => {
    await openPullRequest('wait');
    for (const value of ['first', 'second', 'third']) {
      await comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${value}`);
      await status('### Build of');
    }
    await Promise.all([buildIs('running', 1), buildIs('running', 2)]);
    await comment('maria', 'bot: cancel job:3');
    expect(await said()).toMatchInlineSnapshot(`"Cancelling 1 build: \`x86_64/amd/zen2\`."`);
    expect((await status(': cancelled')).split('\n')[4]).toMatchInlineSnapshot(
      `"| 🚫 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | cancelled |  |  |"`,
    );
  },
);
