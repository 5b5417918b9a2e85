import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ReportLine, readReport } from '../../src/domain/job-report.ts';
import { parseResultFile } from '../../src/domain/result-file.ts';

/** Files of real scripts that lie beside some checkouts. */
const REAL = join(import.meta.dirname, '../../../shared/data/results');

/** A line each: deeper ones further in, headings with a colon, code between backticks. */
function shown(html: string): string[] | null {
  const line = ({ depth, heading, parts }: ReportLine) =>
    `${'  '.repeat(depth)}${parts.map(({ text, code }) => (code ? `\`${text}\`` : text)).join('')}${heading ? ':' : ''}`;
  return readReport(html)?.lines.map(line) ?? null;
}

test.each<[string, string, string[] | null]>([
  ['nothing', '', null],
  [
    'a status alone',
    '<details><summary>:grin: SUCCESS _(click triangle for details)_</summary></details>',
    null,
  ],
  ['a status that was forgotten to be closed', '<details>:cry: FAILURE</details>', null],
  [
    'what existing scripts write',
    '<details><summary>:cry: FAILURE</summary><dl><dt>_Details_</dt><dd>:x: found <code>ERROR: </code><br/>:white_check_mark: none</dd><dt>_Artefacts_</dt><dd><details><summary><code>a.tar.zst</code></summary>size: 7 MiB<br/>modules under _2025.06/mod_ules/all_<br/><pre><code>R/4.4.1.lua</code><br/></pre></details></dd></dl></details>',
    [
      'Details:',
      '  ❌ found `ERROR: `',
      '  ✅ none',
      'Artefacts:',
      '  `a.tar.zst`:',
      '    size: 7 MiB',
      '    modules under `2025.06/mod_ules/all`',
      '      `R/4.4.1.lua`',
    ],
  ],
  ['lines of text without a tag', 'a\nb <em>c</em>\td', ['a b c d']],
  ['lines in <pre>', '<pre>a\nb</pre>c', ['  a', '  b', 'c'].map((line) => line.trim())],
  ['a list', '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>', ['a', 'b', '  c']],
  [
    'tags that are not allowed stay text',
    '<script>x</script><img src=x> 1 < 2 <a href="y">z</a>',
    ['<script>x</script><img src=x> 1 < 2 <a href="y">z</a>'],
  ],
  [
    'entities, once',
    '&lt;b&gt; &amp;lt; &#64;x &#x40; &nope; &#0; &#xd800;',
    ['<b> &lt; @x @ &nope; &#0; &#xd800;'],
  ],
  ['what is closed and was never open', '</pre></dd></details>a</code>', ['a']],
  ['attributes, whatever the case', '<DETAILS open><Summary class="x">s</SUMMARY>t', ['s:', '  t']],
  ['an unclosed tag', '<details><summary>s<dl><dt>x', ['s:', 'x:']],
  ['a title of nothing', '<summary>a<br>b', ['a:', 'b:']],
  ['half a tag', 'a <det', ['a <det']],
])('%s', (_, html, expected) => {
  expect(shown(html)).toEqual(expected);
});

test('what is long is cut, and the rest counted', () => {
  const report = readReport(`${'<li>a'.repeat(100)}`);
  expect(report).toMatchObject({ more: 40, lines: { length: 60 } });
  const [long] = shown(`${'x'.repeat(199)}🙂🙂`) ?? [];
  expect(long).toBe(`${'x'.repeat(199)}…`);
  expect(shown(`<code>${'x'.repeat(300)}</code>y`)?.[0]).toHaveLength(202);
});

test.each(['<details>', '<dd>a', '<', '&#', '<pre>\n', '_a_ ', '_', '</code>', '<code x="'])(
  '%j over and over is read in time that grows with its length, and lies no deeper than comments go',
  (piece) => {
    const report = readReport(piece.repeat(Math.ceil(10_000_000 / piece.length)));
    expect(report?.lines.length ?? 0).toBeLessThanOrEqual(60);
    expect(Math.max(0, ...(report?.lines.map(({ depth }) => depth) ?? []))).toBeLessThanOrEqual(4);
  },
);

// Those files are not part of this repository.
test.skipIf(!existsSync(REAL))('a real description', () => {
  const read = parseResultFile(readFileSync(join(REAL, 'success.result'), 'utf8'));
  const lines = 'problem' in read ? null : shown(read.description);
  expect(lines?.slice(8, 14)).toEqual([
    'Artefacts:',
    '  `eessi-2025.06-software-linux-x86_64-amd-zen2-17455576260.tar.gz`:',
    '    size: 7 MiB (7624409 bytes)',
    '    entries: 3583',
    '    modules under `2025.06/software/linux/x86_64/amd/zen2/modules/all`',
    '      `GROMACS/2024.4-foss-2023b.lua`',
  ]);
});
