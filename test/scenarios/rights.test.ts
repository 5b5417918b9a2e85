import { expect } from 'vitest';
import type { ConfigDraft } from '../harness/bot-test.ts';
import { botTest } from '../harness/bot-test.ts';

/** Who may build, cancel and deploy is said by this rule. */
const rule = (rule: object) => ({
  configure: ({ software_repositories: [repository] }: ConfigDraft) => {
    Object.assign(repository?.permissions ?? {}, { build: rule, cancel: rule, deploy: rule });
  },
});

botTest('somebody without the right to build', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot: build arch=zen2');
  expect(await said()).toMatchInlineSnapshot(
    `"@jo, builds here are started by members of stack/builders. One of them can comment \`bot: build arch=zen2\`."`,
  );
});

botTest('a mistake by somebody without the right', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot: build zenn2');
  expect(await said()).toMatchInlineSnapshot(`
    "Nothing was started. Line 1: build does not take the word \`zenn2\`.
    \`\`\`
    bot: build zenn2
               ^^^^^ did you mean arch=zen2?
    \`\`\`

    \`bot: help build\` has examples.

    @jo, builds here are started by members of stack/builders. One of them can ask for it."
  `);
  // Within the hour jo knows; but what everybody may ask has its answer.
  await comment('jo', 'bot: build zenn2');
  await comment('jo', 'bot: biuld arch=zen2');
  await comment('jo', 'bot: frobnicate');
  await comment('jo', 'bot: log acell=cc80');
  expect(await said()).toContain('did you mean accel?');
  await comment('jo', 'bot: statsu');
  expect(await said()).toContain('did you mean status?');
  await comment('maria', 'bot: build zenn2');
  expect(await said()).not.toContain('@maria');
});

botTest(
  'a command nobody knows, by somebody without any right',
  async ({ openPullRequest, comment, said, silence }) => {
    await openPullRequest();
    await comment('eve', 'bot: frobnicate');
    expect(await said()).toContain('@eve, builds here are started by members of stack/builders. One of them');
    await comment('eve', 'bot: frobnicate\nbot: build arch=zenn2');
    await comment('eve', 'bot: build arch=zen2');
    await silence();
    await comment('maria', 'bot: frobnicate');
    expect(await said()).toContain('there is no command `frobnicate`');
  },
);

botTest('somebody without the right to cancel', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('eve', 'bot: cancel');
  expect(await said()).toMatchInlineSnapshot(
    `"@eve, builds here are cancelled by members of stack/builders. One of them can comment \`bot: cancel\`."`,
  );
});

botTest('somebody without the right to deploy', async ({ openPullRequest, comment, said }) => {
  await openPullRequest();
  await comment('jo', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"@jo, deploys here are asked for by members of stack/builders. One of them can comment \`bot: deploy\`."`,
  );
});

botTest(
  'who asks for two things and may do one gets neither',
  async ({ openPullRequest, comment, said }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2\nbot: deploy');
    expect(await said()).toMatchInlineSnapshot(
      `"@maria, deploys here are asked for by members of stack/ingest. One of them can comment \`bot: deploy\`."`,
    );
  },
  {
    configure: ({ software_repositories: [repository] }) => {
      Object.assign(repository?.permissions ?? {}, { deploy: { teams: ['stack/ingest'] } });
    },
  },
);

botTest(
  'a role in the repository is enough',
  async ({ openPullRequest, comment, status, said }) => {
    await openPullRequest();
    await comment('jo', 'bot: build arch=zen2');
    await status(': built');
    await comment('eve', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"@eve, builds here are started by people with the role write or higher. One of them can comment \`bot: build arch=zen2\`."`,
    );
  },
  rule({ role: 'write' }),
);

botTest(
  'a login is enough, whatever the case of its letters',
  async ({ openPullRequest, comment, status, said }) => {
    await openPullRequest();
    await comment('jo', 'bot: build arch=zen2');
    await status(': built');
    await comment('maria', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"@maria, builds here are started by jo. One of them can comment \`bot: build arch=zen2\`."`,
    );
  },
  rule({ logins: ['JO'] }),
);

botTest('who left the team may not deploy any more', async ({ built, github, comment, said, status }) => {
  await built();
  github.removeFromTeam('stack/builders', 'maria');
  await comment('maria', 'bot: deploy');
  expect(await said()).toMatchInlineSnapshot(
    `"@maria, deploys here are asked for by members of stack/builders. One of them can comment \`bot: deploy\`."`,
  );
  // Builds are another matter: what was true a moment ago is not asked again for minutes.
  await comment('maria', 'bot: build arch=n1');
  await status(': built');
});

botTest('who just got a right has it at once', async ({ openPullRequest, github, comment, said, status }) => {
  await openPullRequest();
  await comment('jo', 'bot: build arch=zen2');
  await said();
  github.addTeam('stack/builders', ['jo']);
  await comment('jo', 'bot: build arch=zen2');
  await status(': built');
});

botTest(
  'who may not is told once an hour, for all they try',
  async ({ openPullRequest, comment, label, said, silence, github, psql }) => {
    await openPullRequest();
    github.setPermission('stack/software-layer', 'eve', 'triage');
    await comment('eve', 'bot: build arch=zen2');
    await said();
    await comment('eve', 'bot: build arch=zen2\nbot: deploy');
    await label('eve', 'bot:build');
    await silence();
    await github.waitFor(() => github.labels('stack/software-layer', 1).length === 0, {
      what: 'the label to be taken off',
    });
    await comment('jo', 'bot: cancel');
    expect(await said()).toContain('@jo, builds here are cancelled by');
    await psql(`UPDATE postings SET key = key || '-2h' WHERE key LIKE 'no-right:%:eve:%'`);
    await comment('eve', 'bot: cancel');
    expect(await said()).toContain('@eve, builds here are cancelled by');
  },
);

botTest(
  'a right for some repositories only',
  async ({ openPullRequest, comment, said, status }) => {
    await openPullRequest();
    await comment('jo', 'bot: build arch=zen2 repo:2025.06');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was done: @jo, for \`eessi.io-2025.06-software\` builds here are started by members of stack/builders. One of them can do it, or leave that repository out with \`repo:\`."`,
    );
    await comment('jo', 'bot: build arch=zen2 repo:test');
    await status(': built');
    await comment('maria', 'bot: build arch=zen2 repo:test');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was done: @maria, for \`eessi.io-2025.06-test\` builds here are started by members of stack/builders or jo. One of them can do it, or leave that repository out with \`repo:\`."`,
    );
    await comment('jo', 'bot: deploy');
    expect(await said()).toMatchInlineSnapshot(
      `"@jo, deploys here are asked for by members of stack/builders. One of them can comment \`bot: deploy\`."`,
    );
  },
  {
    configure: ({ repositories, software_repositories: [repository] }) => {
      repositories.push({ id: 'eessi.io-2025.06-test', name: 'software.eessi.io', version: '2024.06' });
      Object.assign(repository?.permissions ?? {}, {
        by_repository: [
          { repositories: ['eessi.io-2025.06-test'], build: { logins: ['jo'], deny: ['maria'] } },
        ],
      });
    },
  },
);

botTest('a command on a closed pull request', async ({ openPullRequest, github, comment, said }) => {
  await openPullRequest();
  await github.closePullRequest('stack/software-layer', 1, { by: 'jo' });
  await comment('maria', 'bot: build arch=zen2');
  expect(await said()).toMatchInlineSnapshot(
    `"This pull request is closed, so nothing was started. Reopen it and repeat the command."`,
  );
});
