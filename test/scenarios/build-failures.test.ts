import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** What the status comment says of the failed build, without its table. */
async function failure({ openPullRequest, comment, status, said }: Stage, behaviour?: string, changes = {}) {
  await openPullRequest(behaviour, changes);
  await comment('maria', 'bot: build arch=zen2');
  if (Object.keys(changes).length > 0) expect(await said()).toContain('Besides easystacks');
  const body = await status('failed');
  return body.split('\n').find((line) => line.startsWith('**'));
}

botTest('the build script fails', async ({ openPullRequest, comment, status, checks }) => {
  await openPullRequest('fail');
  await comment('maria', 'bot: build arch=zen2');
  expect(await status('failed')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: failed

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ❌ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s |  | [log](BOT/builds/1/log) |

    **\`x86_64/amd/zen2\` failed**: \`ERROR: tool-1.0.eb does not compile\` ([log](BOT/builds/1/log#L2), line 2).
    \`bot: retry\` builds it again.

    <details><summary>Software: 1 added</summary>

    - added: \`tool-1.0\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`COMMIT\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)

    </details>"
  `);
  expect(await checks()).toMatchInlineSnapshot(`
    [
      "demo-bot / x86_64/amd/zen2 / 2025.06: failure, Failed: ERROR: tool-1.0.eb does not compile",
    ]
  `);
});

botTest('one of two targets fails', async ({ openPullRequest, comment, status }) => {
  await openPullRequest('fail aarch64/neoverse_n1');
  await comment('maria', 'bot: build arch=all');
  expect(await status('1 of 2 targets built, 1 failed')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: 1 of 2 targets built, 1 failed

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |
    | ❌ | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | N s |  | [log](BOT/builds/2/log) |

    **\`aarch64/neoverse_n1\` failed**: \`ERROR: tool-1.0.eb does not compile\` ([log](BOT/builds/2/log#L2), line 2).
    \`bot: retry\` builds it again.

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
});

botTest('the build ends well, but its check finds errors', async (stage) => {
  const changes = { 'bot/build.sh': '#!/bin/bash\necho "ERROR: one package is broken"\n' };
  expect(await failure(stage, undefined, changes)).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: \`ERROR: one package is broken\` ([log](BOT/builds/1/log#L1), line 1)."`,
  );
});

botTest('there is no build script', async (stage) => {
  expect(await failure(stage, undefined, { 'bot/build.sh': null })).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: there is no \`bot/build.sh\` in the pull request ([log](BOT/builds/1/log))."`,
  );
});

botTest('there is no script that checks the build', async (stage) => {
  expect(await failure(stage, undefined, { 'bot/check-build.sh': null })).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: \`bot/check-build.sh\` is missing or wrote no result, so nobody can tell whether the build is good ([log](BOT/builds/1/log))."`,
  );
});

botTest('the check writes what cannot be read', async (stage) => {
  const check = '#!/bin/bash\nprintf "[RESULT]\\nstatus = MAYBE\\n" > "_bot_job$SLURM_JOB_ID.result"\n';
  expect(await failure(stage, undefined, { 'bot/check-build.sh': check })).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: The result file gives a status that is not SUCCESS, FAILURE or UNKNOWN ([log](BOT/builds/1/log))."`,
  );
});

botTest('the build names no artifact', async (stage) => {
  expect(await failure(stage, 'nothing')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the build says SUCCESS but names no artifact ([log](BOT/builds/1/log))."`,
  );
});

botTest('the build names an artifact that is not there', async (stage) => {
  expect(await failure(stage, 'phantom')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the build names the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\`, but there is no such file in the job's directory ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact is empty', async (stage) => {
  stage.expectComplaint('artifact refused');
  expect(await failure(stage, 'empty')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: The file is empty, it has no bytes ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact is cut off', async (stage) => {
  stage.expectComplaint('artifact refused');
  expect(await failure(stage, 'truncated')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: The compressed data is cut off before its end ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact has another name', async (stage) => {
  expect(await failure(stage, 'misnamed')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`tool.tar.gz\` was refused: An artifact name looks like \`eessi-<version>-<type>-…-<epoch>.tar.zst\` or \`.tar.gz\` ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact is somewhere else on the node', async (stage) => {
  expect(await failure(stage, 'traversal')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`../../../etc/passwd\` was refused: An artifact name looks like \`eessi-<version>-<type>-…-<epoch>.tar.zst\` or \`.tar.gz\` ([log](BOT/builds/1/log))."`,
  );
});

botTest('the name of the artifact is an attack on the page', async (stage) => {
  expect(await failure(stage, 'markup')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`<img src=x>@everyone **bold** [x](https://evil.example) 'code.tar.gz\` was refused: An artifact name looks like \`eessi-<version>-<type>-…-<epoch>.tar.zst\` or \`.tar.gz\` ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact reaches out of its folder', async (stage) => {
  stage.expectComplaint('artifact refused');
  expect(await failure(stage, 'escape')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: \`../software/\` has \`..\` in its path, and 13 more ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact holds what is no software', async (stage) => {
  stage.expectComplaint('artifact refused');
  expect(await failure(stage, 'stray')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: \`2025.06/etc/\` is not below \`2025.06/software\` or \`2025.06/init\` or \`2025.06/scripts\`, and 1 more ([log](BOT/builds/1/log))."`,
  );
});

botTest('the artifact is for another system', async (stage) => {
  stage.expectComplaint('artifact refused');
  expect(await failure(stage, 'foreign')).toMatchInlineSnapshot(
    `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: \`2025.06/software/macos/\` is not for \`linux/x86_64/amd/zen2\`, the system in the name, and 12 more ([log](BOT/builds/1/log))."`,
  );
});

botTest(
  'the pull request conflicts with its base branch',
  async ({ github, openPullRequest, comment, status }) => {
    await openPullRequest();
    const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - other-1.0.eb\n' };
    await github.pushBranch(SOFTWARE, 'main', { by: 'maria', changes });
    await comment('maria', 'bot: build arch=zen2');
    expect(await status('failed')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: failed

      | | target | for | took | tests | artifact |
      | :-: | --- | --- | --: | --- | --: |
      | ❌ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | not started |  |  |

      **\`x86_64/amd/zen2\` failed**: the pull request does not merge into \`main\`: conflict in \`easystacks/tool.yml\`. Resolve it, push, and ask for the build again.

      <details><summary>Software: 1 added</summary>

      - added: \`tool-1.0\`

      </details>

      <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

      Commit \`COMMIT\` merged into \`main\`.

      - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`

      </details>"
    `);
  },
);

botTest(
  'the build takes longer than its pool allows',
  async (stage) => {
    expect(await failure(stage, 'wait')).toMatchInlineSnapshot(
      `"**\`x86_64/amd/zen2\` failed**: it was stopped at the pool's time limit of N s ([log](BOT/builds/1/log))."`,
    );
    expect(await stage.checks()).toMatchInlineSnapshot(`
      [
        "demo-bot / x86_64/amd/zen2 / 2025.06: failure, Failed: it was stopped at the pool's time limit of N s",
      ]
    `);
  },
  {
    configure: ({ pools }) => {
      for (const pool of pools) pool.time_limit = '1s';
    },
  },
);

botTest(
  'the tarball is larger than is allowed',
  async (stage) => {
    stage.expectComplaint('artifact refused');
    expect(await failure(stage)).toMatchInlineSnapshot(
      `"**\`x86_64/amd/zen2\` failed**: the artifact \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` was refused: The tarball's content is larger than N bytes ([log](BOT/builds/1/log))."`,
    );
  },
  { configure: (config) => Object.assign(config, { limits: { tarball_bytes: '1KiB' } }) },
);
