import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { type RunningBot, startBot } from '../harness/bot.ts';
import { hasBrowser, startBrowser } from '../harness/browser.ts';
import { freshDatabase } from '../harness/database.ts';
import { FAILED, type LogSite, startLogSite } from '../harness/log-site.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const WAIT_MS = 60_000;

let browser: Browser;
let page: Page;
/** What the page complained about (a refused script or style is a complaint), and whom it asked for something. */
let complaints: string[];
let asked: Set<string>;

beforeAll(async () => {
  if (hasBrowser) browser = await startBrowser();
});

afterAll(() => browser?.close());

async function openPage(options: BrowserContextOptions = {}): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1000, height: 600 }, ...options });
  page.setDefaultTimeout(WAIT_MS);
  complaints = [];
  asked = new Set();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => asked.add(new URL(request.url()).origin));
}

/** What somebody who looks for the reason of a failure wants to see first. */
async function closePage({ task }: TestContext): Promise<void> {
  if (task.result?.state === 'fail') {
    const path = join(await mkdtemp(join(tmpdir(), 'stratobot-page-')), 'page.png');
    await page.screenshot({ path });
    console.error(`the page when the test failed: ${path}\n${complaints.join('\n')}`);
  }
  await page.context().close();
}

const line = (number: number) => page.locator(`#L${number} code`);
const isAtEnd = () => page.evaluate('scrollY + innerHeight >= document.documentElement.scrollHeight - 1');

// A laptop need not have a Chromium; in CI it must be there.
describe.runIf(hasBrowser)('the log of a build that runs, in a browser (skipped without chromium)', () => {
  let around: Surroundings;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let bot: RunningBot;

  const BUILD = `#!/usr/bin/env bash
printf 'first\\n<script>document.title = "mine"</script><img src=x onerror=alert(1)>\\n\\033[31mred\\033[0m\\n'
while [ ! -e ../more ]; do sleep 0.1; done
printf ' 1%%\\r99%%\\nmore\\n'
while [ ! -e ../release ]; do sleep 0.1; done
echo 'ERROR: tool does not compile'
exit 1
`;

  beforeEach(async () => {
    database = await freshDatabase();
    const { databaseUrl } = database;
    const files = { 'bot/build.sh': BUILD, 'README.md': 'software\n' };
    around = await startSurroundings({
      repository: { files },
      nodes: 'local',
      store: 'directory',
      databaseUrl,
    });
    bot = await startBot(around);
    await openPage();
  });

  afterEach(async (context) => {
    await closePage(context);
    await bot.close();
    await around.close();
    await database.drop();
  });

  test('grows under the eyes of its reader, and nothing in it comes alive', { timeout: 60_000 }, async () => {
    await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool', changes: { tool: '1.0' } });
    const runs = bot.buildsReach(['running'], 1);
    await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2' });
    await runs;

    await page.goto(`${bot.url}/builds/1/log`);
    await page.getByText('first', { exact: true }).waitFor();
    await page.locator('.c1').getByText('red').waitFor();
    await page.getByText('<script>document.title = "mine"</script><img src=x onerror=alert(1)>').waitFor();
    await page.locator('#link.live').waitFor();
    expect(await page.title()).toMatch(/^running since \d\d:\d\d UTC · x86_64\/amd\/zen2 · build 1$/);

    const { state } = await bot.build(1);
    if (state.kind !== 'running') throw new Error(`the build is ${state.kind}`);
    await writeFile(join(state.handle.directory, 'more'), '');
    await page.getByText('more', { exact: true }).waitFor();
    await page.getByText('99%', { exact: true }).waitFor();

    await writeFile(join(state.handle.directory, 'release'), '');
    await page.getByRole('main', { name: 'Log' }).getByText('ERROR: tool does not compile').waitFor();
    await page.locator('#state.bad').waitFor();
    expect(await page.title()).toMatch(/^failed after .* · build 1$/);
    expect(await page.locator('#reason').textContent()).not.toBe('');
    await page.locator('#link.live').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    expect([...asked].filter((origin) => origin !== 'null')).toEqual([bot.url]);
    expect(bot.complaints).toEqual([]);
  });
});

// Without a Chromium there is nothing to look at the page with.
describe.runIf(hasBrowser)('the page of a log', () => {
  let site: LogSite;
  const many = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

  beforeEach(async () => {
    site = await startLogSite();
    await openPage();
  });

  afterEach(async (context) => {
    await closePage(context);
    await site.close();
    expect(complaints).toEqual([]);
  });

  test('stays at the end, until its reader scrolls up', async () => {
    await site.add(many(1, 300));
    await page.goto(`${site.url}/builds/7/log`);
    expect(await isAtEnd()).toBe(true);
    await site.add(many(301, 400));
    await line(400).waitFor();
    expect(await isAtEnd()).toBe(true);

    await page.evaluate('scrollBy(0, -2000)');
    await page.locator('#jump').waitFor();
    const before = await page.evaluate('scrollY');
    await site.add(many(401, 402));
    await page.locator('#jump').getByText('2 new lines').waitFor();
    expect(await page.evaluate('scrollY')).toBe(before);

    await page.locator('#jump').click();
    expect(await isAtEnd()).toBe(true);
    await page.locator('#jump').waitFor({ state: 'hidden' });
    await site.add(many(403, 500));
    await line(500).waitFor();
    expect(await isAtEnd()).toBe(true);
  });

  test('shows a line that was linked to, wherever in the log it is', async () => {
    await site.add(many(1, 12_000));
    await page.goto(`${site.url}/builds/7/log#L3000`);
    await page.waitForURL('**/builds/7/log?line=3000#L3000');
    await line(3000).waitFor();
    const top = Number(await page.evaluate('document.querySelector("#L3000").getBoundingClientRect().top'));
    expect(top).toBeGreaterThan(50);
    expect(top).toBeLessThan(600);
    await page.getByText('newest lines', { exact: true }).first().click();
    await line(12_000).waitFor();
  });

  test('goes on where it was when its connection was lost', async () => {
    await site.add('one\n');
    await page.goto(`${site.url}/builds/7/log`);
    await page.locator('#link.live').waitFor();
    site.cutConnections();
    await page.getByText('connection lost, trying again').waitFor();
    await site.add('two\nthree\n');
    await line(3).waitFor();
    expect(await page.locator('main').innerText()).toBe('1\none\n2\ntwo\n3\nthree');
    site.become(FAILED);
    await page.getByText('<b>.eb does not compile line 1,234').waitFor();
    complaints = complaints.filter((text) => !text.includes('net::ERR_'));
  });

  test('can be read on a telephone, in the dark, without a script', async () => {
    await page.context().close();
    await openPage({ viewport: { width: 360, height: 700 }, colorScheme: 'dark', javaScriptEnabled: false });
    await site.add(`${'a very long command line '.repeat(40)}\n`);
    await page.goto(`${site.url}/builds/7/log`);
    await line(1).waitFor();
    const box = await line(1).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
  });
});
