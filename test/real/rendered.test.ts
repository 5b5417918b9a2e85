import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { marked } from 'marked';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, startBrowser } from '../harness/browser.ts';
import { COMMENTS } from './comments.ts';
import { MANY } from './many-targets.ts';

/** How wide a comment is on GitHub, in a window of usual width. */
const COMMENT_WIDTH = 780;
/** A person sees so much of it without scrolling, or a little more; a plan or a status of 60 targets is answered by then. */
const SCREEN_HEIGHT = 800;
const require = createRequire(import.meta.url);
const STYLE = require.resolve('github-markdown-css/github-markdown-light.css');

/** Markdown's own marks, which nobody should see outside code. */
const LEAKS = /\*\*|<\/?(?:details|summary|code|img|b)\b|\| ?:?-+|```|&(?:amp|lt|gt|quot|#\d+);|^#+ |\]\(/m;

/** What a rendered comment is made of. */
interface Seen {
  /** Of each table the different numbers of cells its rows have. */
  tables: number[][];
  /** What each fold begins with. */
  folds: string[];
  foreign: number;
  /** All text but code. */
  text: string;
  overflow: number;
  scrolling: number;
}

/** Runs in the page. */
const LOOK = `(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const article = document.querySelector('article').cloneNode(true);
  for (const code of all('code', article)) code.textContent = '';
  return {
    tables: all('table').map((table) => [...new Set(all('tr', table).map((row) => all('th, td', row).length))]),
    folds: all('details').map((fold) => fold.firstElementChild.tagName),
    foreign: all('article img, article script, article b').length,
    text: article.textContent,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    scrolling: all('table').filter((table) => table.scrollWidth > table.clientWidth).length,
  };
})()`;

// Without Chromium nothing is rendered; with CI set that is a failure instead.
describe.skipIf(!hasBrowser)('comments as GitHub renders them', () => {
  let browser: Browser;
  let page: Page;
  /** Where to leave pictures; most of the time goes into them. */
  const pictures = process.env.PICTURES;

  beforeAll(async () => {
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: COMMENT_WIDTH + 40, height: 600 } });
    const css = await readFile(STYLE, 'utf8');
    await page.setContent(
      `<!doctype html><meta charset="utf-8"><style>${css}</style>
       <body style="margin:20px"><article class="markdown-body" style="width:${COMMENT_WIDTH}px;font-size:14px"></article>`,
    );
  });

  afterAll(() => browser?.close());

  /** Shows it, and leaves a picture. */
  async function show(name: string, open: boolean): Promise<void> {
    await page.evaluate(`for (const fold of document.querySelectorAll('details')) fold.open = ${open}`);
    if (pictures === undefined) return;
    await page.screenshot({ path: join(pictures, `${name}${open ? '-open' : ''}.png`), fullPage: true });
  }

  test.each(Object.entries({ ...COMMENTS, ...MANY }))('%s', async (name, markdown) => {
    // A comment of GitHub keeps its line breaks; a body of a pull request as well.
    const html = await marked.parse(markdown, { gfm: true, breaks: true });
    await page.evaluate(`document.querySelector('article').innerHTML = ${JSON.stringify(html)}`);
    await show(name, false);
    const height = (await page.evaluate(`document.querySelector('article').offsetHeight`)) as number;
    await show(name, true);

    const seen = (await page.evaluate(LOOK)) as Seen;
    for (const widths of seen.tables) expect(widths, 'cells of the rows of a table').toHaveLength(1);
    expect(seen.folds).toEqual(Array.from(markdown.matchAll(/^ *<details>/gm), () => 'SUMMARY'));
    expect(seen.foreign, 'elements that are not ours').toBe(0);
    // What a stranger wrote is shown as the text it is.
    if (!name.endsWith('hostile')) expect(seen.text).not.toMatch(LEAKS);
    expect(seen.overflow, 'wider than the window').toBeLessThanOrEqual(0);
    if (!name.endsWith('hostile')) expect(seen.scrolling, 'tables that must be scrolled').toBe(0);
    if (/^(?:status|plan|show-config-|help|log)/.test(name))
      expect(height, 'higher than a screen').toBeLessThanOrEqual(SCREEN_HEIGHT);
  });
});
