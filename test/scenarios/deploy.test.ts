import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';
import { tidy } from '../harness/tidy.ts';

botTest('deploy where nothing was built', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to deploy: nothing was built here yet. \`bot: build arch=…\` comes first; \`bot: help build\` has examples."`,
  );
});

botTest('deploy where the build failed', async ({ openPullRequest, comment, status, said }) => {
  await openPullRequest('fail');
  await comment('maria', 'bot: build arch=zen2');
  await status('failed');
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to deploy: no build of \`COMMIT\` has succeeded yet. \`bot: status\` says how they stand; what failed is built again by \`bot: retry\`."`,
  );
});

botTest('deploy of what was built from an older commit', async ({ built, push, commentAt, said }) => {
  await built();
  const moved = await push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
  await commentAt(new Date(moved.getTime() + 1000), 'maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to deploy: \`COMMIT\` was not built yet, and what was built from an older commit is not deployed. \`bot: build arch=…\` builds this one."`,
  );
});

botTest('what is put up for approval', async ({ github, built, comment, said, status, around, bot }) => {
  await built();
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Put up for approval: stack/staging#1 shows 1 tarball for \`software.eessi.io\` (digest \`sha256:…\`). It can be approved by members of stack/ingest, but not by @maria and not by @jo."`,
  );
  const [pull] = github.pullRequests(STAGING);
  expect(pull?.title).toMatchInlineSnapshot(
    `"Ingest 1 tarball into software.eessi.io (stack/software-layer#1)"`,
  );
  expect(tidy(pull?.body ?? '', around, bot.url)).toMatchInlineSnapshot(`
    "### Ingest 1 tarball into \`software.eessi.io\` (stack/software-layer#1, commit \`COMMIT\`)

    Asked for by @maria. **Approving this pull request publishes these bytes**: digest \`sha256:…\`. It takes one approval from members of stack/ingest, not by @maria and not by the author @jo. Closing it rejects the deploy; merging it by hand publishes nothing.

    In \`software.eessi.io\`: 2 new files.

    | module | \`zen2\` |
    | --- | :-: |
    | \`tool/1.0\` | yes |

    | target | tarball | files | unpacked | tests | outside the prefix |
    | --- | --: | --: | --: | --- | --- |
    | \`zen2\` | [N B](https://artifacts.example.org/stack/software-layer/1/1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz) | 2 | N B | 2 passed | none |

    Signed with \`SHA256:KEY\`.

    <details><summary>Contents of each tarball</summary>

    <details><summary><code>x86_64/amd/zen2</code>: 2 files, 13 directories, 0 links</summary>

    Software:

    \`\`\`
    tool/1.0
    \`\`\`

    Largest files:

    \`\`\`
         N B  2025.06/software/linux/x86_64/amd/zen2/modules/all/tool/1.0.lua
         N B  2025.06/software/linux/x86_64/amd/zen2/software/tool/1.0/bin/tool
    \`\`\`

    </details>

    </details>

    <details><summary>Who built them, and where: instance <code>demo-bot</code></summary>

    Built from commit \`COMMIT\` of stack/software-layer#1, by @jo.

    | target | build | node | asked for by | name |
    | --- | --: | --- | --- | --- |
    | \`zen2\` | 1 | \`zen2/node-1\` | @maria | \`eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz\` |

    </details>

    <details><summary>Digests</summary>

    \`\`\`
    SHA256  the deploy, as it is approved
    SHA256  eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz
    \`\`\`

    </details>

    \`overview.md\` among the files of this pull request has all of it; the metadata of each tarball is beside it."
  `);
  expect(await github.filesAt(STAGING, pull?.head.sha ?? '')).toMatchInlineSnapshot(`
    [
      "README.md",
      "staged/stack/software-layer/pr-1/deploy-1/deploy.json",
      "staged/stack/software-layer/pr-1/deploy-1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz.meta.txt",
      "staged/stack/software-layer/pr-1/deploy-1/eessi-2025.06-software-linux-x86_64-amd-zen2-1795200000.tar.gz.meta.txt.sig",
      "staged/stack/software-layer/pr-1/deploy-1/overview.md",
    ]
  `);
  expect((await status('second pair of eyes')).split('\n').at(2)).toMatchInlineSnapshot(
    `"**Deploy**: waits for a second pair of eyes in stack/staging#1 (1 artifact, digest \`sha256:…\`, asked for by @maria)."`,
  );
});

botTest('from an approval to a revision', async ({ github, around, built, deployPr, approve, ...stage }) => {
  await built();
  const number = await deployPr();
  await approve('ana', number);
  expect(await stage.saidOnDeploy(number)).toMatchInlineSnapshot(
    `"@ana approved \`sha256:…\`. These bytes are merged and ingested now."`,
  );
  expect(await stage.saidOnDeploy(number)).toMatchInlineSnapshot(
    `"Ingested as revision 1 of \`software.eessi.io\`."`,
  );
  expect(await stage.said()).toMatchInlineSnapshot(
    `"**Published** as revision 1 of \`software.eessi.io\`, approved by @ana: 2 files from 1 tarball, below \`DIR/published/software.eessi.io\`. \`module load tool/1.0\` works from now on with software.eessi.io 2025.06."`,
  );
  expect(await stage.status('**Published**')).toMatchInlineSnapshot(`
    "### Build of \`COMMIT\`: built

    **Published** as revision 1 of \`software.eessi.io\`, approved by @ana in stack/staging#1 (1 artifact, digest \`sha256:…\`).

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

    </details>"
  `);
  expect(github.pullRequest(STAGING, number)).toMatchObject({ merged: true, mergedBy: 'stratobot[bot]' });
  await stage.recordIn('ingested');

  const [artifact] = (await stage.deployIs('published')).artifacts;
  const tarball = join(around.dir, 'artifacts', artifact?.key ?? '');
  const inTarball = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n');
  const files = inTarball.filter((path) => path !== '' && !path.endsWith('/'));
  expect(files).toHaveLength(2);
  for (const path of files) {
    const content = execFileSync('tar', ['-xOzf', tarball, path], { encoding: 'utf8' });
    expect(readFileSync(join(around.publishRoot, 'software.eessi.io/versions', path), 'utf8')).toBe(content);
  }
});

botTest('deploy twice is once', async ({ github, built, deployPr, comment, said, approve, skip }) => {
  await built();
  const number = await deployPr();
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"These artifacts wait for approval already in stack/staging#1."`,
  );
  skip(STAGING, number);
  await approve('ana', number);
  expect(await said()).toMatch(/^\*\*Published\*\*/);
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing was put up for approval: these artifacts are published already, as revision 1 of \`software.eessi.io\`."`,
  );
  expect(github.pullRequests(STAGING)).toHaveLength(1);
});

botTest('a newer build takes the place of what waits for approval', async (stage) => {
  const { github, built, deployPr, comment, status, saidOnDeploy, approve } = stage;
  await built();
  const older = await deployPr();
  await comment('maria', 'bot: build arch=all --force');
  await status('all 2 targets built');
  const newer = await deployPr();
  expect(await saidOnDeploy(older)).toMatchInlineSnapshot(
    `"A newer deploy of stack/software-layer#1, stack/staging#2, takes the place of this one. Nothing is published from here."`,
  );
  expect(github.pullRequest(STAGING, older).state).toBe('closed');
  const replaced = () =>
    github
      .comments(SOFTWARE, 1)
      .some(({ body }) => /\*\*Deploy\*\* .* was replaced by a newer one/.test(body));
  await github.waitFor(replaced, { what: 'the older request to say that its deploy was replaced' });
  await approve('ana', older);
  expect(await saidOnDeploy(older)).toMatchInlineSnapshot(
    `"@ana, thank you for looking. This approval does not count: A newer deploy has taken the place of this one. Please review that one."`,
  );
  expect(github.pullRequest(STAGING, newer).title).toMatchInlineSnapshot(
    `"Ingest 2 tarballs into software.eessi.io (stack/software-layer#1)"`,
  );
});

botTest('the next deploy is the next revision, the one before stays', async (stage) => {
  const { around, built, deployPr, approve, skip, said, comment, status } = stage;
  await built();
  const first = await deployPr();
  await approve('ana', first);
  expect(await said()).toContain('as revision 1 of');
  await comment('maria', 'bot: build arch=neoverse_n1');
  await status(': built');
  const second = await deployPr();
  for (const number of [first, second]) skip(STAGING, number);
  await approve('ana', second);
  expect(await said()).toContain('as revision 2 of');

  const root = join(around.publishRoot, 'software.eessi.io');
  const tree = 'versions/2025.06/software/linux';
  expect(existsSync(join(root, tree, 'aarch64/neoverse_n1'))).toBe(true);
  expect(existsSync(join(root, tree, 'x86_64/amd/zen2'))).toBe(true);
  const revisionOne = join(realpathSync(root), '../1', tree);
  expect(existsSync(join(revisionOne, 'x86_64/amd/zen2'))).toBe(true);
  expect(existsSync(join(revisionOne, 'aarch64'))).toBe(false);
});

botTest('closing the software pull request leaves its deploy to the reviewers', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  await stage.github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  await stage.silence();
  expect(stage.github.pullRequest(STAGING, number).state).toBe('open');
});
