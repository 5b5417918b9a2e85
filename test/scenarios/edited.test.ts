import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('a command edited into a comment starts nothing, and is answered once', async (stage) => {
  const { openPullRequest, github, comment, said, silence, bot } = stage;
  await openPullRequest();
  await comment('maria', 'Looks good.');
  const id = github.comments(SOFTWARE, 1)[0]?.id ?? 0;
  await github.editComment(SOFTWARE, id, { by: 'maria', body: 'Looks good.\n\nbot: build arch=zen2' });
  expect(await said()).toMatchInlineSnapshot(
    `"@maria, this edit started nothing: commands are read from new comments only. Write the command in a new comment."`,
  );
  await github.editComment(SOFTWARE, id, { by: 'maria', body: 'bot: build arch=n1' });
  await silence();
  expect(await bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toEqual([]);
});

botTest('a typo that is mended in place', async ({ openPullRequest, github, comment, said, bot }) => {
  await openPullRequest();
  await comment('maria', 'bot: build arch=zenn2');
  expect(await said()).toContain('did you mean zen2?');
  const id = github.comments(SOFTWARE, 1).find(({ author }) => author === 'maria')?.id ?? 0;
  await github.editComment(SOFTWARE, id, { by: 'maria', body: 'bot: build arch=zen2' });
  expect(await said()).toContain('Write the command in a new comment.');
  expect(await bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toEqual([]);
});

botTest('a comment that was missed, and then edited', async ({ openPullRequest, github, said, bot }) => {
  await openPullRequest();
  const missed = (body: string) =>
    github.comment(SOFTWARE, 1, { by: 'maria', body, deliver: false }).then(({ id }) => id);
  const edit = (id: number, body: string) => github.editComment(SOFTWARE, id, { by: 'maria', body });
  const command = await missed('bot: ping');
  await edit(command, 'bot: ping\n\nAre you there?');
  const prose = await missed('Looks good.');
  await edit(prose, 'bot: build arch=zen2');
  expect(await said()).toContain('Write the command in a new comment.');
  // What was told to be written anew is not looked for; a command that nobody heard is.
  expect(await bot.world.records.deliveries.commentsSeen([command, prose], 0)).toEqual(new Set([prose]));
});
