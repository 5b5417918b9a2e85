import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';

/** The bot dies after it did what a command asks for and before its answer is a row; another one gets the delivery again. */
async function forgetAnswer(stage: Stage, command: string): Promise<void> {
  await stage.restart(async () => {
    await stage.psql(`DELETE FROM postings WHERE key LIKE 'reply:%'`);
    await stage.psql(
      `UPDATE deliveries SET state = 'received', detail = NULL WHERE payload LIKE '%"${command}"%'`,
    );
  });
}

botTest('retry, answered by the bot that comes after', async (stage) => {
  await stage.openPullRequest('flaky');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': failed');
  await stage.comment('maria', 'bot: retry');
  const answer = await stage.said();
  await stage.status(': built');
  await forgetAnswer(stage, 'bot: retry');
  expect(await stage.said()).toBe(answer);
  expect(answer).toContain('Building again');
  expect(await stage.bot.world.records.builds.get(3)).toBeNull();
});

botTest('cancel, answered by the bot that comes after', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=all');
  await stage.buildIs('running');
  await stage.buildIs('running', 2);
  await stage.comment('maria', 'bot: cancel');
  const answer = await stage.said();
  await stage.buildIs('cancelled');
  await stage.buildIs('cancelled', 2);
  await stage.status('2 cancelled');
  await forgetAnswer(stage, 'bot: cancel');
  expect(await stage.said()).toBe(answer);
  expect(answer).toContain('Cancelling 2 builds');
});
