import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const MORE = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' };
const after = (at: Date, seconds: number) => new Date(at.getTime() + seconds * 1000);

botTest('a command written after the push builds the new head', async (stage) => {
  await stage.openPullRequest();
  const moved = await stage.push('jo', MORE);
  await stage.commentAt(after(moved, 1), 'maria', 'bot: build arch=zen2');
  await stage.status(': built');
  const [request] = await stage.bot.world.records.requests.ofPullRequest(SOFTWARE, 1);
  expect(request?.headSha).toBe(stage.github.pullRequest(SOFTWARE, 1).head.sha);
});

botTest(
  'a push in the same second as the command',
  async ({ openPullRequest, push, commentAt, said, status }) => {
    await openPullRequest();
    const moved = await push('jo', MORE);
    await commentAt(moved, 'maria', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: the branch moved to \`COMMIT\` after the command was written, or in the same second. Look at the new commit and ask again."`,
    );
    await commentAt(after(moved, 1), 'maria', 'bot: build arch=zen2');
    await status(': built');
  },
);

botTest('a push after the command, seen before it', async ({ openPullRequest, push, commentAt, said }) => {
  await openPullRequest();
  const moved = await push('jo', MORE);
  await commentAt(after(moved, -60), 'maria', 'bot: build arch=zen2');
  expect(await said()).toMatch(/^Nothing was started: the branch moved to/);
});

botTest(
  'a push whose webhook got lost',
  async ({ openPullRequest, push, commentAt, said, status, ...stage }) => {
    // Its seconds of patience are over.
    stage.bot.world.clock = { now: () => Date.now() + 60_000 };
    await openPullRequest();
    const moved = await push('jo', MORE, { deliver: false });
    await commentAt(after(moved, 1), 'maria', 'bot: build arch=zen2');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: it is not certain that \`COMMIT\` was the head when the command was written. Look at it and ask again."`,
    );
    await commentAt(after(new Date(), 62), 'maria', 'bot: build arch=zen2');
    await status(': built');
  },
);

botTest('a push whose webhook comes after the command', async (stage) => {
  stage.expectComplaint('a job failed and will be tried again');
  const { github, bot } = stage;
  await stage.openPullRequest();
  const moved = await stage.push('jo', MORE, { deliver: false });
  const late = github.deliveries.at(-1);
  const asked = stage.commentAt(after(moved, 1), 'maria', 'bot: build arch=zen2');
  await github.redeliver(late?.guid ?? '');
  await Promise.all([asked, bot.handled()]);
  await stage.status(': built');
});

botTest(
  'a head replaced by force while the build waits for a node: what was asked for is built',
  async (stage) => {
    await stage.openPullRequest('wait');
    for (const id of [1, 2]) {
      await stage.comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${id}`);
      await stage.buildIs('running', id);
    }
    const moved = await stage.push('jo', MORE);
    await stage.commentAt(after(moved, 1), 'maria', 'bot: build arch=zen2');
    await stage.push('jo', { behaviour: 'evil' }, { force: true });
    await stage.release(1);
    await stage.buildIs('running', 3);
    await stage.release(3);
    await stage.status(': built');
    const [request] = await stage.bot.world.records.requests.ofPullRequest(SOFTWARE, 1);
    expect(request?.software?.added).toEqual(['tool-1.1']);
    await stage.buildIs('succeeded', 1);
    stage.skip(SOFTWARE, 1);
  },
);

botTest('questions need no commit', async ({ openPullRequest, push, commentAt, said }) => {
  await openPullRequest();
  const moved = await push('jo', MORE);
  await commentAt(moved, 'jo', 'bot: ping');
  expect(await said()).toContain('is here');
});
