import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest('what is built at this commit is built again with --force only', async (stage) => {
  await stage.built();
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was started. \`x86_64/amd/zen2\` is built already at \`COMMIT\`; \`bot: build arch=zen2 --force\` builds it again."`,
  );
  await stage.comment('maria', 'bot: build arch=all');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"\`x86_64/amd/zen2\` is built already at \`COMMIT\`; \`bot: build arch=all --force\` builds it again. 1 other build was started."`,
  );
  await stage.status(': built');
  await stage.comment('maria', 'bot: build arch=zen2 --force');
  await stage.status(': built');
  expect((await stage.buildIs('succeeded', 3)).target.cpu).toBe('x86_64/amd/zen2');
  await stage.push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.buildIs('succeeded', 4);
  await stage.status(': built');
});

botTest('what is under way is not doubled', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.buildIs('running');
  await stage.status('running');
  await stage.comment('maria', 'bot: build arch=zen2 --force');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was started. \`x86_64/amd/zen2\` is being built already at \`COMMIT\`; the status comment says how far. \`bot: cancel\` stops that."`,
  );
  await stage.release();
  await stage.status(': built');
});

botTest('a label where all is built, with another command in words', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: build arch=all');
  await stage.status('all 2 targets built');
  await stage.label('maria', 'bot:build');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was started. \`x86_64/amd/zen2\` and \`aarch64/neoverse_n1\` are built already at \`COMMIT\`; \`bot: build arch=all repo:all --force\` builds them again."`,
  );
  await stage.comment('maria', 'bot: build arch=zen2\nbot: ping');
  expect((await stage.said()).split('\n\n')[1]).toBe('`demo-bot` is here.');
  expect(stage.github.comments(SOFTWARE, 1).filter(({ body }) => body.includes('Build of'))).toHaveLength(1);
});

botTest('two comments of the same moment ask for one build', async (stage) => {
  await stage.openPullRequest();
  stage.expectComplaint('a job failed and will be tried again');
  const ask = () => stage.comment('maria', 'bot: build arch=zen2');
  await Promise.all([ask(), ask()]);
  expect(await stage.said()).toMatch(/being built already|built already/);
  await stage.buildIs('succeeded');
  expect(await stage.bot.world.records.builds.movedSince(0)).toHaveLength(1);
  await stage.status(': built');
});
