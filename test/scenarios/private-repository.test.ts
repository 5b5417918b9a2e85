import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest(
  'the log of a private repository is for whoever was given its link',
  async (stage) => {
    const { github, built, bot } = stage;
    await built();
    const [, link = ''] = /\[log\]\(([^)]+)\)/.exec(github.comments(SOFTWARE, 1)[1]?.body ?? '') ?? [];
    expect(link).toMatch(/\/builds\/1\/log\?key=[\w-]{43}$/);
    expect(github.checkRuns(SOFTWARE).map(({ detailsUrl }) => detailsUrl)).toContain(link);
    const { pathname, search } = new URL(link);
    expect(await (await fetch(`${bot.url}${pathname}${search}`)).text()).toContain('building for');
    const without = await fetch(`${bot.url}${pathname}`);
    expect([without.status, await without.text()]).toEqual([404, 'There is no build 1 here.\n']);
  },
  { isPrivate: true },
);

botTest('the log of a public repository is for everybody', async ({ built, bot, status }) => {
  await built();
  expect(await status(': built')).toContain('[log](BOT/builds/1/log)');
  expect(await (await fetch(`${bot.url}/builds/1/log`)).text()).toContain('building for');
});
