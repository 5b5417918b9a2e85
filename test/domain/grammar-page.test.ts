/** Every example of docs/manual/grammar.md is read as the page says. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { explainComment } from '../../src/domain/explain-comment.ts';
import { SITE } from './catalogue.ts';

const page = await readFile(new URL('../../docs/manual/grammar.md', import.meta.url), 'utf8');

/** Rows of the table under a heading cell, as their two cells. */
function rows(heading: string): [string, string][] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2;
  const end = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
  return lines
    .slice(from, end < 0 ? undefined : end)
    .filter(Boolean)
    .map((line) => {
      const [, typed = '', result = ''] = /^\| `(.+?)`[^|]* \| (.*?) ?\|(?: .* \|)?$/.exec(line) ?? [];
      return [typed, result];
    });
}

describe('right', () => {
  test.each(rows('right'))('%s', (typed, result) => {
    const { commands, errors, keepsGoing, ignored } = explainComment(typed, SITE);
    expect(ignored).toEqual([]);
    expect(errors.length > 0).toBe(keepsGoing);
    const builds = commands.flatMap((command) => command.builds);
    const said = builds.map(({ target, accelerator }) =>
      accelerator === null ? `\`${target}\`` : `\`${target}\` with \`${accelerator}\``,
    );
    expect(said.join(', ')).toBe(result);
  });
});

describe('wrong', () => {
  test.each(rows('wrong'))('%s', (typed, answer) => {
    expect(explainComment(typed, SITE).errors[0]?.hint).toBe(answer);
  });
});

test('every key of the table of filters is one', () => {
  const keys = rows('key').map(([key]) => key);
  expect(keys).toEqual(['arch', 'accel', 'for', 'on', 'repo', 'inst', 'export', 'job', 'confirm']);
});
