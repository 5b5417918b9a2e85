import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('prose, quotes and code are no commands', async ({ openPullRequest, comment, silence }) => {
  await openPullRequest();
  await comment('maria', 'I would ask the bot: build this for zen2?');
  await comment('maria', '> bot: build arch=zen2\n\nWhy did this fail?');
  await comment('maria', '```\nbot: build arch=zen2\n```');
  await comment('maria', 'Write `bot: build arch=zen2`, or\n\n    bot: build arch=zen2');
  await comment('maria', '<!-- bot: build arch=zen2 -->');
  await comment('maria', 'bot build failed again\nThe bot build of zen2 is slow; bot, wake up');
  await comment('maria', '@jo build arch=zen2');
  await silence();
});

botTest('a command for another instance is not ours, nor are its mistakes', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: build arch=zen2 inst:azure-bot');
  await stage.comment('maria', 'bot: build arch=zenn2 inst:azure-bot\nbot: hepl inst:azure-bot');
  await stage.silence();
});

botTest('bots are not answered', async ({ openPullRequest, github, comment, silence }) => {
  await openPullRequest();
  github.addUser('renovate[bot]');
  await comment('renovate[bot]', 'bot: build arch=zenn2');
  await silence();
});

botTest(
  'a denied login is not answered',
  async ({ openPullRequest, comment, silence }) => {
    await openPullRequest();
    await comment('MARIA', 'bot: build arch=zen2');
    await comment('maria', 'bot: help');
    await silence();
  },
  {
    configure: ({ software_repositories: [repository] }) => {
      if (repository) repository.deny = ['Maria'];
    },
  },
);

botTest('a repository that is not served is left alone', async ({ github, bot, silence }) => {
  const repo = 'stack/website';
  await github.createRepository(repo, { files: { 'README.md': 'a website\n' } });
  const pull = await github.openPullRequest(repo, { by: 'jo', title: 'More', changes: { more: 'more\n' } });
  await github.comment(repo, pull.number, { by: 'maria', body: 'bot: build arch=zen2' });
  await github.addLabel(repo, pull.number, { by: 'jo', label: 'bot:build' }).catch(() => undefined);
  await github.closePullRequest(repo, pull.number, { by: 'jo' });
  await silence();
  if (github.comments(repo, pull.number).length !== 1) throw new Error(`${bot.url} spoke on ${repo}`);
});

botTest(
  'edits that are not for us to answer',
  async ({ openPullRequest, github, comment, silence }) => {
    await openPullRequest();
    await comment('maria', 'Looks good.');
    await comment('eve', 'More.');
    await comment('maria', 'bot: build arch=zen2 inst:azure-bot');
    const [prose, denied, others] = github.comments(SOFTWARE, 1);
    const edit = (id = 0, by: string, body: string) => github.editComment(SOFTWARE, id, { by, body });
    await edit(prose?.id, 'maria', '> bot: build arch=zen2\n\nLooks very good.');
    await edit(prose?.id, 'maria', 'bot: build arch=zen2 inst:azure-bot');
    await edit(denied?.id, 'eve', 'bot: build arch=zen2');
    await edit(others?.id, 'maria', 'Please:\n bot:  build arch:zen2 inst=azure-bot');
    await silence();
  },
  {
    configure: ({ software_repositories: [repository] }) => {
      if (repository) repository.deny = ['eve'];
    },
  },
);
