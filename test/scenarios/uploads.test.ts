import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { tidy } from '../harness/tidy.ts';

const policy = (upload: string) => ({
  configure(config: ConfigDraft) {
    const [served] = config.software_repositories;
    if (served) served.upload = upload;
  },
});

/** Names of what lies in the store below the key of a build. */
function storedOf({ around }: Stage, build: number): string[] {
  const folder = join(around.dir, 'artifacts/stack/software-layer/1', String(build));
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The lines of the tables in the status comments, oldest request first. */
function rows({ github, around, bot }: Stage): string[] {
  return github
    .comments('stack/software-layer', 1)
    .filter(({ body }) => body.includes('### Build of'))
    .flatMap(({ body }) => tidy(body, around, bot.url).split('\n'))
    .filter((line) => line.includes('| `x86_64'));
}

async function rebuilt(stage: Stage, build: number): Promise<void> {
  await stage.status(': built'); // of the request before
  await stage.comment('maria', 'bot: build arch=zen2 --force');
  await stage.buildIs('succeeded', build);
  await stage.status(': built');
}

botTest(
  'latest: the newest artifact of a target takes the place of the one before',
  async (stage) => {
    await stage.built();
    expect(storedOf(stage, 1)).toHaveLength(4);
    await rebuilt(stage, 2);
    await expect.poll(() => storedOf(stage, 1)).toEqual([]);
    expect(storedOf(stage, 2)).toHaveLength(4);
    await expect.poll(() => rows(stage).join('\n')).toContain('(removed)');
    expect(rows(stage)).toMatchInlineSnapshot(`
      [
        "| ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | N B (removed) |",
        "| ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/2/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |",
      ]
    `);

    const number = await stage.deployPr();
    await stage.approve('ana', number);
    await stage.deployIs('published');
    stage.skip('stack/staging', number);
    expect(await stage.said()).toContain('**Published** as revision 1');
  },
  policy('latest'),
);

botTest(
  'latest: what waits for approval stays until it no longer does',
  async (stage) => {
    await stage.built();
    const older = await stage.deployPr();
    stage.skip('stack/staging', older);
    await rebuilt(stage, 2);
    await stage.restart();
    await stage.bot.handled();
    expect(storedOf(stage, 1)).toHaveLength(4);

    stage.skip('stack/staging', await stage.deployPr());
    await stage.deployIs('superseded', 1);
    await stage.restart();
    await expect.poll(() => storedOf(stage, 1)).toEqual([]);
    expect(storedOf(stage, 2)).toHaveLength(4);
  },
  policy('latest'),
);

botTest(
  'latest: what was marked as removed before the bot died leaves the store',
  async (stage) => {
    await stage.built();
    await rebuilt(stage, 2);
    await expect.poll(() => storedOf(stage, 1)).toEqual([]);
    await stage.restart(async () => {
      await stage.psql(
        `UPDATE stratobot.artifacts SET upload = 'removed', removed_at = 1, removed_for = 1 WHERE id = 2`,
      );
    });
    await expect.poll(() => storedOf(stage, 2)).toEqual([]);
    await stage.comment('maria', 'bot: deploy');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing to deploy: \`x86_64/amd/zen2\` was built, but its artifact is gone: those of another commit took their place (upload policy \`latest\`). \`bot: build arch=… --force\` makes new ones."`,
    );
  },
  policy('latest'),
);

botTest(
  'once: a target of a pull request is uploaded once',
  async (stage) => {
    await stage.built();
    await rebuilt(stage, 2);
    expect(storedOf(stage, 1)).toHaveLength(4);
    expect(storedOf(stage, 2)).toEqual([]);
    await expect.poll(() => rows(stage).join('\n')).toContain('(not uploaded)');
    const number = await stage.deployPr();
    stage.skip('stack/staging', number);
    expect((await stage.deployIs('open')).artifacts.map(({ artifactId }) => artifactId)).toEqual([1]);

    await stage.push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
    await rebuilt(stage, 3);
    await stage.comment('maria', 'bot: deploy');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing to deploy: \`x86_64/amd/zen2\` was built, but not uploaded: the pull request has an artifact of it in the store already, and the upload policy \`once\` takes no second one. Whoever runs this bot can change it."`,
    );
    expect(storedOf(stage, 3)).toEqual([]);
  },
  policy('once'),
);

botTest(
  'none: results are shown, nothing is uploaded, nothing can be deployed',
  async (stage) => {
    await stage.built();
    expect(await stage.status(': built')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: built

      | | target | for | took | tests | artifact |
      | :-: | --- | --- | --: | --- | --: |
      | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | N B (not uploaded) |

      <details><summary>Software: 1 added</summary>

      - added: \`tool-1.0\`

      </details>

      <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

      Commit \`COMMIT\` merged into \`main\`.

      - \`x86_64/amd/zen2\`: build 1, pool \`zen2\`, node \`zen2/node-1\`, [log](BOT/builds/1/log)
        \`\`\`
        SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
        \`\`\`

      </details>"
    `);
    expect(storedOf(stage, 1)).toEqual([]);
    await stage.comment('maria', 'bot: deploy');
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing to deploy: \`x86_64/amd/zen2\` was built, but the upload policy \`none\` keeps no artifacts: whoever runs this bot can change it."`,
    );
  },
  policy('none'),
);

botTest(
  'none: what breaks the policy of tarballs is refused all the same',
  async (stage) => {
    stage.expectComplaint('artifact refused');
    await stage.openPullRequest('stray');
    await stage.comment('maria', 'bot: build arch=zen2');
    await stage.buildIs('failed');
    expect(await stage.status('failed')).toContain('was refused');
  },
  policy('none'),
);

botTest('a build with two artifacts: both are collected, both are deployed', async (stage) => {
  await stage.built('two');
  expect(rows(stage)).toMatchInlineSnapshot(`
    [
      "| ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | N s | 2 passed | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-init-1795200000.tar.gz), [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) |",
    ]
  `);
  const number = await stage.deployPr();
  expect((await stage.deployIs('open')).artifacts.map(({ name }) => name).sort()).toMatchInlineSnapshot(`
    [
      "eessi-2025.06-init-1795200000.tar.gz",
      "eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz",
    ]
  `);
  await stage.approve('ana', number);
  stage.skip('stack/staging', number);
  expect(await stage.said()).toMatchInlineSnapshot(
    `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana: 3 files from 2 tarballs, below \`DIR/published/software.eessi.io\`. \`module load tool/1.0\` works from now on with software.eessi.io 2025.06."`,
  );
  const published = join(stage.around.publishRoot, 'software.eessi.io/versions/2025.06');
  expect(readdirSync(published).sort()).toEqual(['init', 'software']);
});
