/** The pages of the double, for a browser. */
import { describe, expect, it } from 'vitest';
import { freshDoubleForEachTest, github, name, openPull } from './setup.ts';

freshDoubleForEachTest();

describe('pages', () => {
  it('show a pull request to a browser, and nothing in it is run', async () => {
    const pull = await openPull();
    await github.comment(name, pull.number, { by: 'bob', body: '<script>alert(1)</script>' });
    const page = `${github.url}/${name}/pull/${pull.number}`;
    const text = await (await fetch(page, { headers: { accept: 'text/html' } })).text();
    expect(text).toContain('Add zlib #1');
    expect(text).toContain('&#60;script&#62;');
    expect(text).not.toContain('<script>');
    expect(github.requests).toEqual([]);
  });
});
