import { expect } from 'vitest';
import { readDeliveryLog } from '../../src/workflow/catch-up.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const AGAIN = 'a job failed and will be tried again';
const BUILD = 'bot: build arch=zen2';
const HOUR_MS = 60 * 60_000;
const LOG = '/app/hook/deliveries';

const write = ({ github }: Stage, body: string) => github.comment(SOFTWARE, 1, { by: 'maria', body });
const requests = ({ bot }: Stage) => bot.world.records.requests.ofPullRequest(SOFTWARE, 1);
const asked = ({ github }: Stage, path: string) => github.requests.filter((one) => one.path.startsWith(path));

/** A command that was written so long ago, sent while nobody listens. */
async function sendLate({ github }: Stage, hours: number, body: string): Promise<void> {
  const sent = github.deliveries.findLast(({ event }) => event === 'issue_comment')?.payload as Json & {
    comment: Json;
  };
  const comment = { ...sent.comment, body, created_at: new Date(Date.now() - hours * HOUR_MS).toISOString() };
  await github.sendRaw({ event: 'issue_comment', payload: { ...sent, comment } });
}

botTest('what was asked for while the bot was down is built after its start, once', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest();
  await stage.restart(async () => void (await write(stage, BUILD)));
  await github.redeliver(github.deliveries.findLast(({ statusCode }) => statusCode !== 200)?.guid ?? '');
  await stage.buildIs('succeeded');
  await stage.status(': built');
  expect(stage.bot).not.toBe(bot);
  await stage.restart();
  await stage.silence();
  expect(await requests(stage)).toHaveLength(1);
});

botTest('a webhook that got lost while the bot runs is fetched, by one of two that look', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest();
  github.setWebhookUrl(null);
  await write(stage, 'bot: ping');
  github.setWebhookUrl(`${bot.url}/api/github/webhooks`);
  await Promise.all([readDeliveryLog(bot.world), readDeliveryLog(bot.world)]);
  expect(await stage.said()).toContain('is here');
  expect(asked(stage, `${LOG}/`)).toHaveLength(1);
});

botTest('where nothing was missed a look is one request', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: ping');
  expect(await stage.said()).toContain('is here');
  const before = stage.github.requests.length;
  expect(await readDeliveryLog(stage.bot.world)).toBe('read');
  expect(stage.github.requests.slice(before).map(({ path }) => path.split('?')[0])).toEqual([LOG]);
});

botTest('what was answered once is not carried out again for a record that lost it', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: ping');
  expect(await stage.said()).toContain('is here');
  await stage.psql('DELETE FROM deliveries');
  expect(await readDeliveryLog(stage.bot.world)).toBe('read');
  const guids = stage.github.deliveries.map(({ guid }) => guid);
  expect(await stage.bot.world.records.deliveries.known(guids)).toEqual(new Set());
});

botTest("GitHub's log cannot be read: the next look finds what was missed", async (stage) => {
  stage.expectComplaint("GitHub's log of deliveries could not be read");
  const { github } = stage;
  await stage.openPullRequest();
  await stage.restart(async () => {
    await write(stage, 'bot: ping');
    github.failNext({ method: 'GET', path: /\/app\/hook\/deliveries$/, status: 502 });
  });
  await github.waitFor(() => github.pendingFaults.length === 0);
  await expect.poll(() => readDeliveryLog(stage.bot.world)).toBe('read');
  expect(await stage.said()).toContain('is here');
});

botTest('a push was missed as well: the command before it starts nothing', async (stage) => {
  stage.expectComplaint(AGAIN);
  await stage.openPullRequest();
  await stage.restart(async () => {
    await write(stage, BUILD);
    const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' };
    await stage.github.push(SOFTWARE, 1, { by: 'jo', changes });
  });
  expect(await stage.said()).toMatch(/^Nothing was started: the branch moved to/);
});

botTest('the pull request was closed after the command', async (stage) => {
  await stage.openPullRequest();
  await stage.restart(async () => {
    await write(stage, BUILD);
    await stage.github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  });
  expect(await stage.said()).toMatch(/^This pull request is closed, so nothing was started/);
});

botTest('a command that is hours old is carried out where the head is the same', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'Looks good.');
  await stage.restart(() => sendLate(stage, 23, BUILD));
  await stage.buildIs('succeeded');
  await stage.status(': built');
});

botTest('a command that is more than a day old is answered', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'Looks good.');
  await stage.restart(() => sendLate(stage, 25, BUILD));
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was done: the command was written more than 24 hours ago, and the bot could not act on it until now. Ask again if it is still wanted."`,
  );
});

botTest('a label that was set more than a day ago is answered', async (stage) => {
  const { github } = stage;
  await stage.openPullRequest();
  await github.addLabel(SOFTWARE, 1, { by: 'maria', label: 'bot:build', deliver: false });
  const sent = github.deliveries.at(-1)?.payload as Json & { pull_request: Json };
  const pull_request = {
    ...sent.pull_request,
    updated_at: new Date(Date.now() - 25 * HOUR_MS).toISOString(),
  };
  await github.sendRaw({ event: 'pull_request', payload: { ...sent, pull_request } });
  expect(await stage.said()).toMatch(/^Nothing was done: the label was set more than 24 hours ago/);
});

botTest('more than one look can fetch is left for the next', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest();
  await stage.comment('maria', 'Looks good.');
  const payload = github.deliveries.at(-1)?.payload ?? {};
  github.setWebhookUrl(null);
  for (let missed = 0; missed < 301; missed += 1) await github.sendRaw({ event: 'issue_comment', payload });
  const guids = github.deliveries.slice(-301).map(({ guid }) => guid);
  expect(await readDeliveryLog(bot.world)).toBe('more');
  expect(await bot.world.records.deliveries.known(guids)).toEqual(new Set(guids.slice(0, 300)));
  expect(await readDeliveryLog(bot.world)).toBe('read');
  expect(await bot.world.records.deliveries.known(guids)).toEqual(new Set(guids));
});

botTest('a close that is heard of after the pull request was opened again cancels nothing', async (stage) => {
  const { github } = stage;
  await stage.openPullRequest('wait');
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo', deliver: false });
  const close = github.deliveries.at(-1);
  await github.reopen(SOFTWARE, 1, { by: 'jo' });
  await stage.commentAt(new Date(Date.now() + 2_000), 'maria', BUILD);
  await stage.buildIs('running');
  await github.redeliver(close?.guid ?? '');
  await stage.bot.handled();
  await stage.release();
  await stage.buildIs('succeeded');
  await stage.status(': built');
});
