import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest(
  'a build on request, from the comment to the artifact',
  async ({ openPullRequest, comment, status, around }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2\nbot: build for:arch=aarch64/neoverse_n1');
    expect(await status('all 2 targets built')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: all 2 targets built

      | | target | for | took | tests | artifact |
      | :-: | --- | --- | --: | --- | --: |
      | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |
      | ✅ | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/2/eessi-2025.06-software-linux-aarch64-neoverse_n1-1795200000.tar.gz) |

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
    const checks = around.github
      .checkRuns('stack/software-layer')
      .map(({ name, status, conclusion }) => ({ name, status, conclusion }));
    expect(checks).toMatchInlineSnapshot(`
      [
        {
          "conclusion": null,
          "name": "demo-bot / x86_64/amd/zen2 / 2025.06",
          "status": "in_progress",
        },
        {
          "conclusion": "success",
          "name": "demo-bot / aarch64/neoverse_n1 / 2025.06",
          "status": "completed",
        },
      ]
    `);
  },
);
