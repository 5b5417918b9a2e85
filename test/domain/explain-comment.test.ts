/** What `stratobot explain` says of more than a hundred comments, as people, their keyboards and their enemies write them. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Mistake } from '../../src/domain/command.ts';
import { explainComment } from '../../src/domain/explain-comment.ts';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { planBuild } from '../../src/domain/plan.ts';
import { SITE } from './catalogue.ts';

const comments: string[] = JSON.parse(
  await readFile(new URL('../fixtures/comments.json', import.meta.url), 'utf8'),
);
/** Too long, or too odd, for a file that people read. */
const made = [
  `bot: build arch=${'z'.repeat(60_000)}`,
  'bot: build arch=zen2\n'.repeat(3_000),
  `bot: build ${'arch='.repeat(380)}`,
  `${'>'.repeat(60_000)} bot: build`,
  `bot: build arch=zen2 repo:${'../'.repeat(20)}etc/passwd`,
  `bot: ${'@everyone '.repeat(100)}`,
  'bot: build arch=\u202E2nez',
  'bot:\u0000build\u0007 arch=zen2',
  `bot: build arch=zen2 export:A=${'='.repeat(500)}`,
];
const shortened = (text: string) =>
  text.length > 400 ? `${text.slice(0, 200)} … ${text.length} characters` : text;
const all = [...comments, ...made];

test('there are more than a hundred', () => {
  expect(new Set(all).size).toBeGreaterThan(100);
});

test.each(all.map((comment) => [comment.slice(0, 80), comment]))('%j', (_, comment) => {
  const { commands, errors, ignored } = explainComment(comment, SITE);
  const lines = comment.split(/\r\n|\n|\r/).length;
  for (const { line, column, message } of errors) {
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThan(0);
    expect(message).toMatch(/\S/);
  }
  if (/^\s*(@\S+ )?bot:/im.test(comment))
    expect(commands.length + errors.length + ignored.length).toBeGreaterThan(0);
});

/** A comment's mistakes as explainComment() finds them, with how long each is. */
function mistakesIn(comment: string): Mistake[] {
  const { commands, mistakes } = meantFor(parseComment(comment), SITE);
  const plan = planBuild(
    commands.filter(({ name }) => name === 'build'),
    SITE,
    [],
  );
  return [...mistakes, ...(plan.kind === 'mistakes' ? plan.mistakes : [])];
}

/** The comment once its author did what the first hint says, or null where the hint leaves that to them. */
function followed(comment: string, { line, column, length, source, hint }: Mistake): string | null {
  const lines = comment.split(/\r\n|\n|\r/);
  const before = source.slice(0, column - 1);
  const after = source.slice(column - 1 + length);
  const [, meant] = /^did you mean (.+?)(?: or .+)?\?$/.exec(hint ?? '') ?? [];
  const [, added] = /^add ([^ ,]+)/.exec(hint ?? '') ?? [];
  if (meant !== undefined) lines[line - 1] = `${before}${meant.split(', ')[0]}${after}`;
  else if (added !== undefined) lines[line - 1] = `${source} ${added}`;
  else if (hint === 'leave it out') lines[line - 1] = `${before}${after}`;
  else return null;
  return lines.join('\n');
}

test('every mistake says what to write or what there is, and whoever does what it says gets further', () => {
  let tried = 0;
  for (const comment of all) {
    for (const { hint, message } of explainComment(comment, SITE).errors)
      expect(hint, `${shortened(comment)}: ${message}`).not.toBeNull();
    const mistakes = mistakesIn(comment);
    const [first] = mistakes;
    const next = first === undefined ? null : followed(comment, first);
    if (first === undefined || next === null) continue;
    tried += 1;
    const left = mistakesIn(next);
    const again = left.find(({ line, column }) => line === first.line && column === first.column);
    const better = left.length < mistakes.length || again === undefined || again.code !== first.code;
    expect(better, `${shortened(comment)} -> ${shortened(next)}: ${again?.message}`).toBe(true);
  }
  expect(tried).toBeGreaterThan(60);
});

test.each([
  ['/build zen2', 'bot: build arch=zen2'],
  ['/deploy', 'bot: deploy'],
])('%s, as other bots are asked, is pointed out', (comment, hint) => {
  expect(explainComment(comment, SITE).ignored).toEqual([{ line: 1, reason: 'almost', hint }]);
});

test.each([
  ['bot: build zenn2', 'did you mean arch=zen2?'],
  ['bot: retry failed', 'leave it out'],
  ['bot: build arch=zen2 please', 'leave it out'],
  ['bot: build arch=zen2!', 'leave it out'],
  ['bot: build arch=zen2 after #', 'write after #123, of one pull request'],
  ['bot: build arch=zen2 \\', 'write the whole command on one line'],
  ['bot: after #12 build', 'write it behind the command, as in build arch=… after #123'],
])('%s says what to write', (comment, hint) => {
  expect(explainComment(comment, SITE).errors[0]?.hint).toBe(hint);
});

test('what is said', () => {
  const said = all.map((comment) => {
    const { commands, errors, keepsGoing, ignored } = explainComment(comment, SITE);
    const parts = [
      ...(errors.length > 0 && !keepsGoing
        ? []
        : commands.map(({ command: { name }, builds }) =>
            [
              name,
              ...builds.map((one) => [one.target, one.accelerator, one.repository].filter(Boolean).join(' ')),
            ].join(' + '),
          )),
      ...errors.map(
        ({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` (${hint})` : ''}`,
      ),
      ...ignored.map(({ line, reason, hint }) => [line, reason, hint].filter(Boolean).join(' ')),
    ];
    return `${shortened(JSON.stringify(comment))}\n${parts.map((part) => `    ${shortened(part)}`).join('\n') || '    silence'}`;
  });
  expect(`\n${said.join('\n')}\n`).toMatchSnapshot();
});
