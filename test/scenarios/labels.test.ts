import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('the label bot:build builds for every target', async ({ openPullRequest, label, status }) => {
  await openPullRequest();
  await label('maria', 'bot:build');
  expect(await status('all 2 targets built')).toContain(
    'Asked for by @maria: <code>bot: build arch=all repo=all</code>',
  );
});

botTest(
  'the label bot:build by somebody without the right',
  async ({ github, openPullRequest, label, said }) => {
    await openPullRequest();
    await label('jo', 'bot:build');
    expect(await said()).toMatchInlineSnapshot(
      `"@jo, builds here are started by members of stack/builders. One of them can comment \`bot: build arch=all repo=all\`."`,
    );
    await github.waitFor(() => github.labels(SOFTWARE, 1).length === 0, {
      what: 'the label to be taken off',
    });
  },
);

botTest('the label bot:deploy puts up what is built', async ({ github, built, label, said, silence }) => {
  await built();
  await label('maria', 'bot:deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Put up for approval: stack/staging#1 shows 1 tarball for \`software.eessi.io\` (digest \`sha256:…\`). It can be approved by members of stack/ingest, but not by @maria and not by @jo."`,
  );
  expect(github.pullRequests('stack/staging')).toHaveLength(1);
  await silence();
});

botTest('the label bot:deploy where nothing is built', async ({ openPullRequest, label, said }) => {
  await openPullRequest();
  await label('maria', 'bot:deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing to deploy: nothing was built here yet. \`bot: build arch=…\` comes first; \`bot: help build\` has examples."`,
  );
});

botTest('other labels mean nothing', async ({ openPullRequest, label, silence }) => {
  await openPullRequest();
  await label('maria', 'bot:biuld');
  await label('maria', '2025.06');
  await silence();
});

botTest('a label on a commit that is no longer the head', async ({ github, openPullRequest, said, bot }) => {
  await openPullRequest();
  await github.addLabel(SOFTWARE, 1, { by: 'maria', label: 'bot:build', deliver: false });
  const lost = github.deliveries.at(-1);
  await github.push(SOFTWARE, 1, { by: 'jo', changes: { more: 'more\n' } });
  await github.redeliver(lost?.guid ?? '');
  await bot.handled();
  expect(await said()).toMatchInlineSnapshot(
    `"Nothing was started: the branch moved to \`COMMIT\` after the label was set, or in the same second. Look at the new commit and ask again."`,
  );
});
