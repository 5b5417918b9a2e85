import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('retry repeats what failed, in the same comment', async (stage) => {
  const { github, openPullRequest, comment, status, said } = stage;
  await openPullRequest('flaky x86_64/amd/zen2');
  await comment('maria', 'bot: build arch=all');
  expect(await status('1 of 2 targets built, 1 failed')).toContain('`bot: retry` builds it again.');
  await comment('maria', 'bot: retry');
  expect(await said()).toMatchInlineSnapshot(`"Building again: \`x86_64/amd/zen2\`."`);
  expect(await status('all 2 targets built')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: all 2 targets built

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s, try 2 | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/3/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |
    | ✅ | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/2/eessi-2025.06-software-linux-aarch64-neoverse_n1-1795200000.tar.gz) |

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=all</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 3, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/3/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
      \`\`\`
      - before, build 1 failed: \`ERROR: the weather is bad\` ([log](BOT/builds/1/log))
    - \`aarch64/neoverse_n1\`: build 2, pool \`n1\`, node \`n1/node-2\`, [log](BOT/builds/2/log)
      \`\`\`
      SHA256  eessi-2025.06-software-linux-aarch64-neoverse_n1-1795200000.tar.gz
      \`\`\`

    </details>

    \`bot: deploy\` puts what is built up for approval."
  `);
  expect(github.comments(SOFTWARE, 1).filter(({ body }) => body.includes('### Build of'))).toHaveLength(1);
});

botTest(
  'a node that is full is tried again without being asked',
  async ({ openPullRequest, comment, status }) => {
    await openPullRequest('full');
    await comment('maria', 'bot: build arch=zen2');
    expect(await status(': built')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: built

      | | target | for | took | tests | artifact |
      | :-: | --- | --- | --: | --- | --: |
      | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s, try 2 | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/2/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |

      <details><summary>Software: 1 added</summary>

      - added: \`tool-1.0\`

      </details>

      <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

      Commit \`COMMIT\` merged into \`main\`.

      - \`x86_64/amd/zen2\`: build 2, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/2/log)
        \`\`\`
        SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
        \`\`\`
        - before, build 1 failed: the disk of the node is full: \`ERROR: cannot write tool: No space left on device\` ([log](BOT/builds/1/log))

      </details>

      \`bot: deploy\` puts what is built up for approval."
    `);
  },
);

botTest('retry where nothing failed', async ({ built, comment, said }) => {
  await built();
  await comment('maria', 'bot: retry');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to retry: no build of the newest request has failed."`,
  );
});

botTest('retry where nothing was built', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: retry');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to retry: nothing was built here yet; \`bot: build\` comes first."`,
  );
});

botTest('retry after a push', async ({ openPullRequest, comment, status, push, commentAt, said }) => {
  await openPullRequest('fail');
  await comment('maria', 'bot: build arch=zen2');
  await status(': failed');
  const moved = await push('jo', { behaviour: 'good' });
  await commentAt(new Date(moved.getTime() + 1000), 'maria', 'bot: retry');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to retry: the newest builds are of an older commit; \`bot: build arch=…\` builds this one."`,
  );
});

botTest('retry by somebody without the right', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot: retry');
  expect(await said()).toMatchInlineSnapshot(
    `"@jo, builds here are started by members of stack/builders. One of them can comment \`bot: retry\`."`,
  );
});

botTest(
  'retry of what was cancelled',
  async ({ openPullRequest, comment, status, buildIs, said, release }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running');
    await comment('maria', 'bot: cancel');
    expect(await said()).toContain('Cancelling');
    await status(': cancelled');
    await comment('maria', 'bot: retry arch=zen2');
    expect(await said()).toContain('Building again');
    await buildIs('running', 2);
    await release(2);
    await status(': built');
  },
);
