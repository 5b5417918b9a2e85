import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { anotherBot, type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;

let around: Surroundings;
let bots: BotProcess[];

beforeEach(async () => {
  bots = [];
  // Without a database: it is the embedded one.
  around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'ssh',
    store: 'directory',
  });
});

afterEach(async () => {
  for (const bot of bots) await bot.end();
  await around.close();
});

const statusWith = (text: string | RegExp) =>
  around.github.waitFor(
    () => around.github.comments(SOFTWARE, 1).some(({ body }) => new RegExp(text).test(body)),
    { timeoutMs: WAIT_MS, what: `a status with ${text}` },
  );

async function stratobot(...args: string[]): Promise<{ exit: number; said: string }> {
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const exit = await runCommandLine([...args, '--config', around.configFile], {
    env: around.env,
    out: say,
    err: say,
  });
  return { exit, said };
}

test('beside a bot with the embedded database a newer one starts, and goes on alone', {
  timeout: 150_000,
}, async () => {
  const old = await startBotProcess(around);
  bots.push(old);
  onTestFailed(() => console.error(bots.map((bot) => bot.output()).join('\n--- the new one ---\n')));
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', behaviour: 'wait' };
  await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes });
  await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=all' });
  await statusWith(/\| since [\s\S]*\| since /);

  const young = await startBotProcess(around, await anotherBot(around, 'the same folder'));
  bots.push(young);
  const file = `${around.dir}/backup.sql`;
  expect(await stratobot('backup', file)).toMatchObject({
    exit: 0,
    said: expect.stringContaining('rows of the record'),
  });
  expect(await stratobot('restore', file, '--replace')).toMatchObject({
    exit: 1,
    said: 'stratobot: a bot is running on this database: end it first\n',
  });
  expect(await old.end()).toBe(0);
  await around.releaseAll();
  await statusWith('all 2 targets built');
  expect(young.output()).not.toContain('PostgreSQL died');
  expect(await young.end()).toBe(0);
  expect(await stratobot('restore', file, '--replace')).toMatchObject({ exit: 0 });
  expect((await stratobot('audit', 'verify')).exit).toBe(0);
});
