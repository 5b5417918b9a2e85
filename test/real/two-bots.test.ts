import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { anotherBot, type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { SOFTWARE, STAGING, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;
/** A bot that is left alone finds what the other one followed at its next look at the rows. */
const TAKE_OVER_MS = 75_000;

let around: Surroundings;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: pg.Client;
let bots: { url: string; process: BotProcess }[];

beforeEach(async () => {
  bots = [];
  database = await freshDatabase();
  const { databaseUrl } = database;
  sql = new pg.Client(databaseUrl);
  await sql.connect();
  around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'ssh',
    store: 'directory',
    databaseUrl,
  });
  const beside = await anotherBot(around);
  for (const as of [around, beside])
    bots.push({ url: as.botUrl, process: await startBotProcess(around, as) });
  onTestFailed(() =>
    console.error(bots.map(({ process }) => process.output()).join('\n--- the other ---\n')),
  );
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', behaviour: 'wait' };
  await toOne(() => around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes }));
});

afterEach(async () => {
  await Promise.all(bots.map(({ process }) => process.kill()));
  await sql.end();
  await around.close();
  await database.drop();
});

/** Which bot GitHub's next webhooks go to. */
function sendTo(index: number): void {
  around.github.setWebhookUrl(`${bots[index]?.url}/api/github/webhooks`);
}

let turn = 0;

/** What somebody does on GitHub is told to one of the bots, in turn. */
async function toOne<T>(act: () => Promise<T>): Promise<T> {
  turn += 1;
  sendTo(turn % 2);
  return await act();
}

/** The same, and its last webhook to the other one as well, under the same GUID. */
async function toBoth(act: () => Promise<unknown>): Promise<void> {
  await toOne(act);
  const told = around.github.deliveries.at(-1);
  sendTo((turn + 1) % 2);
  await around.github.redeliver(told?.guid ?? '');
}

const comment = (body: string) => around.github.comment(SOFTWARE, 1, { by: 'maria', body });
const said = (repo = SOFTWARE, number = 1) =>
  around.github
    .comments(repo, number)
    .flatMap(({ author, body }) => (author === 'stratobot[bot]' ? [body] : []));
const says = (text: string | RegExp, timeoutMs = WAIT_MS) =>
  around.github.waitFor(() => said().some((body) => new RegExp(text).test(body)), {
    timeoutMs,
    what: `the bots to say ${text}`,
  });
const titles = () => said().flatMap((body) => /### Build of .*: (.*)/.exec(body)?.[1] ?? []);
const jobs = async () => (await Promise.all(around.nodes.map(({ jobsDir }) => readdir(jobsDir)))).flat();
const rows = async (statement: string) => (await sql.query(statement)).rows;

test('two bots on one database do everything once', { timeout: 120_000 }, async () => {
  await toBoth(() => comment('bot: build arch=all'));
  await says(/\| since [\s\S]*\| since /);
  await toBoth(() => comment('bot: help'));
  await toOne(() => comment('bot: status'));
  await says('you write');
  await around.releaseAll();
  await says('all 2 targets built');
  await toBoth(() => comment('bot: deploy'));
  await says('Put up for approval');
  await toBoth(() => around.github.review(STAGING, 1, { by: 'ana', state: 'approved' }));
  await says('[Pp]ublished');
  await expect
    .poll(async () => (await rows('SELECT state_kind AS is FROM stratobot.deploys'))[0])
    .toEqual({
      is: 'published',
    });
  await around.github.settled();
  // The bot has answered for a webhook before it has dealt with it.
  await expect.poll(() => rows("SELECT guid FROM stratobot.deliveries WHERE state <> 'done'")).toEqual([]);

  expect(titles().filter((title) => title.includes('all 2 targets built'))).toHaveLength(1);
  expect(said().filter((body) => body.includes('| you write |'))).toHaveLength(1);
  expect(said().filter((body) => body.includes('Put up for approval'))).toHaveLength(1);
  expect(around.github.pullRequests(STAGING)).toHaveLength(1);
  const checks = around.github.checkRuns(SOFTWARE).map(({ name }) => name);
  expect(checks).toHaveLength(new Set(checks).size);
  expect(await jobs()).toHaveLength(new Set(await jobs()).size);
  expect(
    await rows('SELECT count(*)::int AS n, count(DISTINCT build_id)::int AS of FROM stratobot.artifacts'),
  ).toEqual([{ n: 2, of: 2 }]);
  const acts = (await rows('SELECT action FROM stratobot.audit')).map(({ action }) => action);
  expect(acts).toHaveLength(new Set(acts).size);
  expect(around.github.violations).toEqual([]);
  for (const { process } of bots) expect(process.output()).not.toMatch(/"level":"(warn|error)"/);
});

test('of two bots one is killed: the other goes on', { timeout: 150_000 }, async () => {
  await toOne(() => comment('bot: build arch=all'));
  await says(/\| since [\s\S]*\| since /);
  sendTo(1);
  await bots[0]?.process.kill();
  await around.releaseAll();
  await says('all 2 targets built', TAKE_OVER_MS);
  expect(titles()).toEqual(['all 2 targets built']);
});

test('of two bots one is updated: the other takes its jobs over at once', { timeout: 90_000 }, async () => {
  await toOne(() => comment('bot: build arch=all'));
  await says(/\| since [\s\S]*\| since /);
  sendTo(1);
  expect(await bots[0]?.process.end()).toBe(0);
  await around.releaseAll();
  await says('all 2 targets built', WAIT_MS);
  expect(titles()).toEqual(['all 2 targets built']);
});
