import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;
/** How long GitHub keeps the bot waiting, so that a step is in hand when the signal comes, ms. */
const IN_HAND_MS = 4_000;

let around: Surroundings;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let bot: BotProcess;

beforeEach(async () => {
  database = await freshDatabase();
  const { databaseUrl } = database;
  around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'ssh',
    store: 'directory',
    databaseUrl,
  });
  bot = await startBotProcess(around);
  onTestFailed(() => console.error(bot.output()));
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', behaviour: 'wait' };
  await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes });
});

afterEach(async () => {
  await bot.kill();
  await around.close();
  await database.drop();
});

const comment = (body: string) => around.github.comment(SOFTWARE, 1, { by: 'maria', body });
const said = () =>
  around.github
    .comments(SOFTWARE, 1)
    .flatMap(({ author, body }) => (author === 'stratobot[bot]' ? [body] : []));
const says = (text: string) =>
  around.github.waitFor(() => said().some((body) => body.includes(text)), {
    timeoutMs: WAIT_MS,
    what: `the bot to say ${text}`,
  });
const health = async () => {
  const answer = await fetch(`${around.botUrl}/health`);
  return { code: answer.status, ...((await answer.json()) as { status: string }) };
};

/** A command whose answer GitHub takes a while to take. */
async function somethingInHand(): Promise<void> {
  const posts = { method: 'POST', path: /\/issues\/1\/comments$/ };
  around.github.failNext({ ...posts, hang: IN_HAND_MS });
  await comment('bot: help');
  await around.github.waitFor(() => around.github.pendingFaults.length === 0, {
    timeoutMs: WAIT_MS,
    what: 'the answer to be on its way',
  });
}

test('SIGTERM: what is in hand ends, webhooks are kept, builds go on', { timeout: 90_000 }, async () => {
  await comment('bot: build arch=zen2');
  await says('| since ');
  await somethingInHand();
  bot.terminate();
  await expect.poll(async () => (await health()).status).toBe('draining');
  expect((await health()).code).toBe(503);
  const kept = await comment('bot: help').then(() => around.github.deliveries.at(-1));
  expect(kept).toMatchObject({ statusCode: 200, event: 'issue_comment' });
  expect(await bot.gone).toBe(0);
  const help = () => said().filter((body) => body.includes('| you write |'));
  expect(help(), 'the answer that was in hand').toHaveLength(1);
  expect(bot.output()).not.toMatch(/"level":"(warn|error)"/);

  await around.releaseAll();
  bot = await startBotProcess(around);
  await says(': built');
  await expect.poll(() => help().length, { timeout: WAIT_MS }).toBe(2);
  expect(around.github.violations).toEqual([]);
});

test('a second SIGTERM ends it at once', { timeout: 60_000 }, async () => {
  await somethingInHand();
  bot.terminate();
  await expect.poll(async () => (await health()).status).toBe('draining');
  bot.terminate();
  expect(await bot.gone).toBe(1);
  expect(bot.output()).toContain('second signal: ending at once');

  bot = await startBotProcess(around);
  await comment('bot: status');
  await around.github.waitFor(() => said().length >= 2, { timeoutMs: WAIT_MS, what: 'both answers' });
  expect(said().filter((body) => body.includes('| you write |'))).toHaveLength(1);
});
