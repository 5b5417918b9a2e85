import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;

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
});

afterEach(async () => {
  await bot.kill();
  await around.close();
  await database.drop();
});

async function openPullRequest(behaviour: string): Promise<void> {
  onTestFailed(() =>
    console.error(
      bot.output(),
      botComments()
        .map((comment) => comment.body)
        .join('\n---\n'),
    ),
  );
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', behaviour };
  await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes });
}

const botComments = () =>
  around.github.comments(SOFTWARE, 1).filter((comment) => comment.author.endsWith('[bot]'));
const statusWith = (text: string) =>
  around.github.waitFor(() => botComments().some((comment) => comment.body.includes(text)), {
    timeoutMs: WAIT_MS,
    what: `a status with ${text}`,
  });

/** One status comment that says so, one check per build and one for the pull request. */
function expectOneResult(): void {
  expect(botComments().map((comment) => /### Build of .*: (.*)/.exec(comment.body)?.[1])).toEqual([
    'all 2 targets built',
  ]);
  const checks = around.github.checkRuns(SOFTWARE);
  expect(checks.map((check) => check.name).sort()).toEqual([
    'demo-bot / aarch64/neoverse_n1 / 2025.06',
    'demo-bot / x86_64/amd/zen2 / 2025.06',
    'stratobot / summary',
  ]);
  expect(around.github.violations).toEqual([]);
}

test('a bot killed while builds run, started again, tells one result', { timeout: 90_000 }, async () => {
  await openPullRequest('wait');
  await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=all' });
  // both jobs run on their nodes, and their rows say so
  await around.github.waitFor(
    () => botComments().some(({ body }) => body.match(/\| since /g)?.length === 2),
    {
      timeoutMs: WAIT_MS,
      what: 'two jobs that run',
    },
  );
  await bot.kill();
  bot = await startBotProcess(around);
  await around.releaseAll();
  await statusWith('all 2 targets built');
  expectOneResult();
  expect(await bot.end()).toBe(0);
});

// Before, while and after the request is recorded; every later phase is in phases.test.ts.
test.each([0, 60, 120])(
  'a bot killed %i ms after the command ends in one result',
  { timeout: 90_000 },
  async (ms) => {
    await openPullRequest('good');
    await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=all' });
    await delay(ms);
    await bot.kill();
    bot = await startBotProcess(around);
    await statusWith('all 2 targets built');
    await around.github.settled();
    expectOneResult();
  },
);
