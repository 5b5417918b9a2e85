import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logKeys } from '../../src/web/log/keys.ts';
import { FAILED, type LogSite, startLogSite } from '../harness/log-site.ts';

let site: LogSite;

beforeEach(async () => {
  site = await startLogSite();
});

afterEach(async () => {
  await site.close();
  expect(site.told).toEqual([]);
});

const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const page = async (query = '') => {
  const answer = await fetch(`${site.url}/builds/7/log${query}`, { headers: asBrowser });
  return { answer, html: await answer.text() };
};
const numbers = (html: string) =>
  [...html.matchAll(/<div id="L(\d+)">/g)].map(([, number]) => Number(number));
const foot = (html: string) => /<footer id="foot" ([^>]*)>/.exec(html)?.[1];
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

describe('who asks', () => {
  test('curl gets text, a browser a page, and a byte to start at always text', async () => {
    await site.add('one\n');
    const plain = await fetch(`${site.url}/builds/7/log`, { headers: { accept: '*/*' } });
    expect(plain.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(plain.headers.get('vary')).toBe('Accept');
    expect(await plain.text()).toBe('one\n');
    expect((await page()).answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const raw = await page('?from=0');
    expect(raw.answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(raw.html).toBe('one\n');
  });

  test('a log that is not for everybody is not there', async () => {
    await site.close();
    site = await startLogSite({ mayRead: async ({ id }) => id !== 7 });
    for (const path of ['log', 'log/events', 'log?from=0']) {
      const answer = await fetch(`${site.url}/builds/7/${path}`, { headers: asBrowser });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toBe('There is no build 7 here.\n');
    }
  });

  test('a key in the link opens a log that is not for everybody; a browser keeps it for the links of the page', async () => {
    await site.close();
    const keys = logKeys('a secret');
    site = await startLogSite({ mayRead: async ({ id, key }) => key !== null && keys.fits(id, key) });
    await site.add('one\n');
    const key = keys.of(7);
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${site.url}/builds/7/${path}`, { headers, method: 'HEAD' })).status;
    const wrong = [keys.of(8), logKeys('another').of(7), key.slice(1), `${key}AA`, '%00', ''];
    for (const other of wrong) expect(await status(`log?key=${other}`)).toBe(404);
    const { answer, html } = await page(`?key=${key}`);
    expect(answer.status).toBe(200);
    expect(html).not.toContain(key);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie.replace(key, 'KEY')).toBe(
      'stratobot-log=KEY; Path=/builds/7/; HttpOnly; SameSite=Lax; Secure',
    );
    expect(await status('log?from=0', { cookie: `other=1; ${cookie.split(';')[0]}` })).toBe(200);
    expect(await status('log?from=0', { cookie: `stratobot-log=${keys.of(8)}` })).toBe(404);
  });

  test.each(['0', '-1', 'x', '1e3', '9'.repeat(11)])('the line %s is refused', async (line) => {
    const { answer, html } = await page(`?line=${line}`);
    expect(answer.status).toBe(400);
    expect(html).toBe('`line` is the number of a line, counted from 1.\n');
  });
});

describe('the page', () => {
  test('says what is built, and how that goes', async () => {
    const { html } = await page();
    expect(html).toContain('<title>running since 14:02 UTC · x86_64/amd/zen2 · build 7</title>');
    expect(html).toContain(
      '<a href="https://github.com/stack/software-layer/pull/3">stack/software-layer#3</a>',
    );
    expect(html).toContain('Add &#60;i&#62;tool&#60;/i&#62; 1.0');
    site.become(FAILED);
    expect((await page()).html).toContain(
      '<p id="reason"><code>&#60;b&#62;.eb</code> does not compile <a href="?line=1234#L1234">line 1,234</a></p>',
    );
  });

  test('shows the log as text, in colour, each line with its number', async () => {
    await site.add('\x1b[31m<script>alert(1)</script>\x1b[0m & so\n"on');
    const { html } = await page();
    expect(html).toContain(
      '<div id="L1"><a href="#L1">1</a><code><span class="c1">&#60;script&#62;alert(1)&#60;/script&#62;</span> &#38; so</code></div><div id="L2"><a href="#L2">2</a><code>&#34;on</code></div></main>',
    );
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  test('runs and loads nothing but what is its own', async () => {
    const { answer, html } = await page();
    const policy = answer.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).toBe(
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(html).toContain(`<script nonce="${nonce}">`);
    expect(html).not.toMatch(/ style=| on\w+="| src=/);
    expect((await page()).html).not.toContain(nonce);
  });

  test('begins with the last 5,000 lines and follows from where it ends', async () => {
    const log = `${lines(1, 12_000)}and on`;
    await site.add(log);
    const { html } = await page();
    const shown = numbers(html);
    expect([shown[0], shown.at(-1)]).toEqual([7_002, 12_001]);
    expect(html).toContain('<a href="?line=2202#L7001">7,001 earlier lines</a>');
    expect(foot(html)).toBe(`data-next="12001" data-from="${log.length - 6}" data-follows="true"`);
  });

  test('shows fewer when they are long', async () => {
    await site.add(`${'x'.repeat(9_999)}\n`.repeat(1000));
    const shown = numbers((await page()).html);
    expect(shown.at(-1)).toBe(1000);
    expect(shown.length).toBe(209);
  });

  test('shows the lines around one that was asked for', async () => {
    await site.add(lines(1, 12_000));
    const { html } = await page('?line=3000');
    const shown = numbers(html);
    expect([shown[0], shown.at(-1)]).toEqual([2_800, 7_799]);
    expect(html).toContain('<code>line 3000</code>');
    expect(foot(html)).toContain('data-follows="false"');
    expect(html).toContain('<a href="?line=8000#L7800">later lines</a> · <a href="log">newest lines</a>');
  });

  test('a line near the end is followed from there', async () => {
    const log = lines(1, 12_000);
    await site.add(log);
    const { html } = await page('?line=11000');
    expect(foot(html)).toBe(`data-next="12001" data-from="${log.length}" data-follows="true"`);
  });

  test('a build that ended is not followed, compressed or not', async () => {
    await site.add(lines(1, 3));
    site.become(FAILED);
    const { html } = await page();
    expect(foot(html)).toContain('data-follows="false"');
    expect(numbers(html)).toEqual([1, 2, 3]);
  });

  test('a build without a log has a page', async () => {
    const { html } = await page();
    expect(numbers(html)).toEqual([]);
    expect(foot(html)).toBe('data-next="1" data-from="0" data-follows="true"');
  });

  test('HEAD gives the head', async () => {
    const answer = await fetch(`${site.url}/builds/7/log`, { method: 'HEAD', headers: asBrowser });
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toBe('');
  });
});
