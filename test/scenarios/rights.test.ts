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

botTest(
  'who left the team may not build any more',
  async ({ openPullRequest, github, comment, said, status }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2');
    await status(': built');
    github.removeFromTeam('stack/builders', 'maria');
    await comment('maria', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"@maria, builds here are started by members of stack/builders. One of them can comment \`bot: build arch=zen2\`."`,
    );
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
