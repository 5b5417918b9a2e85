/** Comments: through the parser, the plan and the answers, as `stratobot explain` and handle-comment.ts do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../../src/commands/explain.ts';
import type { SiteOffer } from '../../src/config/load.ts';
import { isLimit, type Mistake, type SourceLine, type Span } from '../../src/domain/command.ts';
import { explainComment } from '../../src/domain/explain-comment.ts';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { help } from '../../src/messages/help.ts';
import { prose } from '../../src/messages/markdown.ts';
import { almostCommands, leftOut, notUnderstood } from '../../src/messages/mistakes.ts';
import { SITE } from '../../test/domain/catalogue.ts';
import { harmless } from '../harmless.ts';
import type { Random } from '../random.ts';
import { promise, type Subject } from '../subject.ts';
import { character, longText, mutated, pieces } from '../texts.ts';

const ROOT = join(import.meta.dirname, '../..');
/** GitHub's limit, in characters of up to two UTF-16 units. */
const LONGEST = 2 * 65_536;
/** Mistakes of a comment that are shown, each with a code block. */
const SHOWN = 5;
const OFFER: SiteOffer = { catalogue: SITE, permissions: new Map() };

/** What people typed, and every command that the manual shows. */
function known(): string[] {
  const typed = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/comments.json'), 'utf8')) as string[];
  const manual = readFileSync(join(ROOT, 'docs/manual/grammar.md'), 'utf8');
  const shown = [...manual.matchAll(/`{1,3}(bot:[^`]+)`/gi)].map(([, command = '']) => command);
  const helped = [...help(SITE, null).matchAll(/`(bot:[^`]+)`/g)].map(([, command = '']) => command);
  return [...new Set([...typed, ...shown, ...helped])];
}

export function comments(): Subject<string> {
  const corpus = known();
  return {
    make: (random) => comment(random, corpus),
    check,
    show: (body) => JSON.stringify(body),
  };
}

function comment(random: Random, corpus: readonly string[]): string {
  if (random.once(400)) return longText(random, 1 + random.upTo(LONGEST - 1));
  switch (random.below(8)) {
    case 0:
      return pieces(random, 200, character);
    case 1:
      return pieces(random, 60);
    case 2:
      return `bot: ${pieces(random, 40)}`;
    case 3:
      return `bot: ${random.pick(['build', 'plan', 'deploy'])} ${pieces(random, 25)}`;
    case 4:
      return [1, 2, 3]
        .map(() => mutated(random.pick(corpus), random))
        .join(random.pick(['\n', '\n\n', '\r\n']));
    case 5:
      return `${pieces(random, 6)}\n${random.pick(corpus)}\n${pieces(random, 6)}`;
    default:
      return mutated(random.pick(corpus), random);
  }
}

function check(body: string): string {
  const parsed = parseComment(body);
  promise(
    JSON.stringify(parseComment(body)) === JSON.stringify(parsed),
    'a comment is read the same way twice',
  );
  const meant = meantFor(parsed, SITE);
  const explained = explainComment(body, SITE);
  const lines = body.split(/\r\n|\n|\r/);
  for (const one of [...parsed.commands, ...parsed.mistakes, ...meant.mistakes]) inside(lines, one);
  for (const { line, column } of explained.errors)
    promise(
      line >= 1 && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1,
      'errors lie in their line',
    );
  silent(body, parsed);
  for (const { builds } of explained.commands)
    for (const { target, repository, pool } of builds) {
      const offer = SITE.pools.find(({ name }) => name === pool);
      promise(offer?.buildsFor.includes(target) === true, 'what is planned can be built', target);
      promise(offer?.repositories.includes(repository) === true, 'what is planned has its place', repository);
    }
  return said(body, meant);
}

/** All that is said to it, on GitHub and in a terminal. */
function said(body: string, { commands, mistakes, almost }: ReturnType<typeof meantFor>): string {
  for (const { name, topic, reason } of commands) {
    if (name === 'help') promise(help(SITE, topic).length < 65_536, 'help fits into a comment');
    if (reason !== null) harmless(`It is put up despite that: “${prose(reason)}”`);
  }
  if (almost.length > 0) harmless(almostCommands('maria', almost), ['maria']);
  if (mistakes.length > 0) {
    const blocks = mistakes.some(isLimit) ? 0 : Math.min(SHOWN, mistakes.length);
    for (const answer of [notUnderstood(mistakes, SITE), leftOut(mistakes, SITE)])
      promise(
        harmless(answer) === blocks,
        'each mistake has its code block, unless the whole comment is too much',
        answer,
      );
  }
  const parts: string[] = [];
  const screen = { out: (text: string) => void parts.push(text), paint: (_: unknown, text: string) => text };
  explain(body, OFFER, { by: 'maria', json: false }, screen);
  const printed = parts.join('');
  promise(!/[^\P{Cc}\n]|\p{Cf}/u.test(printed), 'nothing steers the terminal', printed);
  if (mistakes.length > 0) return 'mistakes';
  return commands.length > 0 ? 'carried out' : almost.length > 0 ? 'a hint' : 'silence';
}

function inside(lines: readonly string[], { line, source, column, length }: SourceLine & Span): void {
  const raw = lines[line - 1];
  promise(raw !== undefined && source.length <= raw.length, 'a position names a line that is there', line);
  const end = column - 1 + length;
  promise(column >= 1 && length >= 1 && end <= source.length, 'a position lies in its line', [
    column,
    length,
  ]);
}

/** Told by looking for the word alone: a comment without it is nobody's command. */
function silent(body: string, { commands, mistakes }: { commands: object[]; mistakes: Mistake[] }): void {
  if (/bot:/i.test(body.replaceAll(/(?![\n\r])[\p{Cf}\p{Cc}]/gu, ''))) return;
  promise(commands.length + mistakes.length === 0, 'without bot: nothing is answered');
}
