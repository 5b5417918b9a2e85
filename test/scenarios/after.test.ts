import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

/** jo's second pull request, which wants what the first one brings. */
async function second({ github, bot }: Stage): Promise<void> {
  const changes = { 'easystacks/more.yml': 'easyconfigs:\n  - more-1.0.eb\n' };
  await github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add more', changes });
  await bot.handled();
}

/** Publishes the first pull request, and merges it. */
async function publishFirst({
  github,
  comment,
  status,
  deployPr,
  approve,
  deployIs,
  bot,
}: Stage): Promise<void> {
  await comment('maria', 'bot: build arch=zen2');
  await status(': built');
  await approve('ana', await deployPr());
  await deployIs('published');
  await github.mergeByHand(SOFTWARE, 1, { by: 'maria' });
  await bot.handled();
}

botTest('a build waits until another pull request is merged and published', async (stage) => {
  const { openPullRequest, comment, said, status, skip, restart, buildIs, psql } = stage;
  await openPullRequest();
  await second(stage);
  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"This waits for #1 to be merged and published, 30 days at most, and is for \`COMMIT\` as it is now. \`bot: cancel\` calls it off."`,
  );
  await restart();
  await publishFirst(stage);
  await buildIs('succeeded', 2);
  await status(': built', 2);
  // As if the process had ended before it wrote that the build was started, and the queue were lost.
  await restart(async () => {
    await psql(`UPDATE waits SET state = 'waiting'`);
    await psql('DROP SCHEMA bullmq CASCADE');
  });
  await expect.poll(async () => (await stage.bot.world.records.waits.get(1))?.state).toBe('started');
  expect(await stage.bot.world.records.requests.ofPullRequest(SOFTWARE, 2)).toHaveLength(1);
  skip(SOFTWARE, 1);
  skip(STAGING, 1);
});

botTest('what waits is for the commit that its author saw', async (stage) => {
  const { openPullRequest, comment, said, github, bot } = stage;
  await openPullRequest();
  await second(stage);
  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  await said(SOFTWARE, 2);
  await github.push(SOFTWARE, 2, { by: 'jo', changes: { more: 'more\n' } });
  await bot.handled();
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, \`bot: build arch=zen2\` does not wait for #1 any more: the branch moved to \`COMMIT\` since it was written. Look at the new commit and ask again."`,
  );
});

botTest('the end of a wait is said: a rejected deploy, a closed pull request, a month', async (stage) => {
  const { built, comment, said, deployPr, github, restart, psql, silence } = stage;
  await built();
  await second(stage);
  await comment('maria', 'bot: deploy after #1', 2);
  await said(SOFTWARE, 2);
  await comment('maria', 'bot: status', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"- 🕓 \`bot: deploy\` for \`COMMIT\`, asked for by @maria, waits for #1 until DATE at most: it is not merged yet, and has no deploy."`,
  );
  const number = await deployPr();
  await comment('maria', 'bot: status', 2);
  expect(await said(SOFTWARE, 2)).toContain('and its deploy waits for approval.');
  await github.closePullRequest(STAGING, number, { by: 'ana' });
  await stage.bot.handled();
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, the deploy of #1 was rejected. \`bot: deploy\` waits on for another deploy of it, until DATE at most; \`bot: cancel\` calls it off."`,
  );
  expect(await said()).toContain('rejects this deploy');
  await stage.saidOnDeploy(number);

  await restart(() => psql('UPDATE waits SET asked_at = asked_at - 31 * 86400000::bigint'));
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, \`bot: deploy\` does not wait for #1 any more: it has waited for 30 days, the most there is. Ask again if it is still wanted."`,
  );

  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  await said(SOFTWARE, 2);
  await github.mergeByHand(SOFTWARE, 1, { by: 'maria' });
  await stage.bot.handled();
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, \`bot: build arch=zen2\` does not wait for #1 any more: it is merged, and its deploy was rejected. To have it without #1, write \`bot: build arch=zen2\`."`,
  );
  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"Nothing waits for #1: it is merged, and its deploy was rejected. To have it without #1, write \`bot: build arch=zen2\`."`,
  );
  await silence();
});

botTest('closing a pull request ends what waits on it', async (stage) => {
  const { openPullRequest, comment, said, github, bot } = stage;
  await openPullRequest();
  await second(stage);
  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  await said(SOFTWARE, 2);
  await github.closePullRequest(SOFTWARE, 2, { by: 'jo' });
  await bot.handled();
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, \`bot: build arch=zen2\` does not wait for #1 any more: this pull request was closed. Reopen it and ask again."`,
  );
});

botTest('what will never come is not waited for, and cancel calls off', async (stage) => {
  const { openPullRequest, comment, said, github, bot, silence } = stage;
  await openPullRequest();
  await second(stage);
  await comment('maria', 'bot: deploy after #2', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"A pull request cannot wait for itself, so nothing was started."`,
  );
  await comment('maria', 'bot: build arch=zen2 after #77', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"Nothing waits for #77: there is no such pull request here. To have it without #77, write \`bot: build arch=zen2\`."`,
  );
  await comment('maria', 'bot: build arch=zen2 after #1', 2);
  await said(SOFTWARE, 2);
  await comment('maria', 'bot: build arch=zen2 after #2');
  expect(await said()).toMatchInlineSnapshot(`"Nothing was started: #2 and #1 would wait for each other."`);
  await comment('maria', 'bot: cancel', 2);
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(`"Called off: \`bot: build arch=zen2\` after #1."`);
  await comment('maria', 'bot: deploy after #1', 2);
  await said(SOFTWARE, 2);
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  await bot.handled();
  expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
    `"@maria, \`bot: deploy\` does not wait for #1 any more: it was closed without being merged. To have it without #1, write \`bot: deploy\`."`,
  );
  await silence();
});
