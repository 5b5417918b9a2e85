import type { AlmostCommand } from '../domain/almost-commands.ts';
import { isLimit, type Mistake, type MistakeCode } from '../domain/command.ts';
import type { CommandName } from '../domain/command-table.ts';
import { type Catalogue, shortCpu } from '../domain/target.ts';
import { code, codeBlock, count, list, prose } from './markdown.ts';

/** Mistakes of one comment that are shown. */
const SHOWN = 5;
/** Names shown where a list of what exists helps. */
const LONGEST_LIST = 30;
/** The widest piece of a line that is shown, characters. */
const WINDOW = 100;

/**
 * One comment held mistakes: all of them, each with its line and a mark under it; or it asks for too much, whatever else
 * is wrong with it.
 * @param outcome what came of the whole comment
 */
export function notUnderstood(
  mistakes: readonly Mistake[],
  catalogue: Catalogue,
  outcome = 'Nothing was started.',
): string {
  const limit = mistakes.find(isLimit);
  if (limit !== undefined) return `${outcome.replace(/\.$/, ':')} ${limit.message}; ${limit.hint}.`;
  const shown = mistakes.slice(0, SHOWN);
  const parts = shown.map((mistake, index) => {
    const lead = index === 0 ? `${outcome} ` : '';
    return `${lead}Line ${mistake.line}: ${sentence(mistake)}.\n${codeBlock(pointAt(mistake))}`;
  });
  if (mistakes.length > shown.length)
    parts.push(
      `${count(mistakes.length - shown.length, 'more mistake is', 'more mistakes are')} in the same comment.`,
    );
  const last = [...new Set(shown.map((mistake) => choices(mistake, catalogue)))];
  return [...parts, [...last, examplesFor(shown)].filter(Boolean).join(' ')].join('\n\n');
}

/** Commands whose help needs no examples. */
const WITHOUT_EXAMPLES: readonly CommandName[] = ['help', 'show_config', 'ping'];

/** Where the examples of what was mistyped are. */
function examplesFor(mistakes: readonly Mistake[]): string {
  const names = mistakes.map(({ command }) =>
    command === null || WITHOUT_EXAMPLES.includes(command) ? 'build' : command,
  );
  const helps = [...new Set(names)].map((name) => code(`bot: help ${name}`));
  return `${list(helps)} ${helps.length === 1 ? 'has' : 'have'} examples.`;
}

/** Lines that are no commands, but were plainly meant to be. */
export function almostCommands(login: string, almost: readonly AlmostCommand[]): string {
  const lines = list(almost.map(({ line }) => `${line}`));
  const commands = list([...new Set(almost.map(({ command }) => code(command)))]);
  return almost.length === 1
    ? `@${login}, line ${lines} was not read as a command: it does not begin with \`bot:\`. If it is meant as one, write ${commands} in a new comment, at the beginning of a line.`
    : `@${login}, lines ${lines} were not read as commands: they do not begin with \`bot:\`. If they are meant as such, write ${commands} in a new comment, each on a line of its own.`;
}

/** With `--keep-going` the rest of the comment was carried out. */
export function leftOut(mistakes: readonly Mistake[], catalogue: Catalogue): string {
  return notUnderstood(mistakes, catalogue, 'This was left out, the rest was carried out.');
}

/** A mistake's message is plain text that may hold what was typed; that becomes a code span, the rest is made harmless. */
function sentence({ code: kind, message, source, column, length }: Mistake): string {
  if (kind === 'no-target' || kind === 'no-repository') return prose(message);
  const typed = source.slice(column - 1, column - 1 + length);
  const at = message.lastIndexOf(` ${typed}`) + 1;
  if (typed.trim() === '' || at === 0) return prose(message);
  return `${prose(message.slice(0, at))}${code(typed)}${prose(message.slice(at + typed.length))}`;
}

function pointAt({ source, column, length, hint }: Mistake): string {
  const start = Math.max(0, column - 1 - Math.floor(WINDOW / 2));
  const piece = source.slice(start, start + WINDOW);
  const before = start > 0 ? '…' : '';
  const indent = ' '.repeat(before.length + column - 1 - start);
  const marks = '^'.repeat(Math.max(1, Math.min(length, piece.length - (column - 1 - start))));
  return `${before}${piece}${start + WINDOW < source.length ? '…' : ''}\n${indent}${marks}${hint ? ` ${hint}` : ''}`;
}

/** What the choices of a mistake are called. */
const NOUNS: Partial<Record<MistakeCode, string>> = {
  'no-command': 'Commands',
  'unknown-command': 'Commands',
  'unexpected-word': 'Words',
  'unknown-option': 'Options',
  'unknown-filter': 'Filters',
  'filter-not-taken': 'Filters',
  'unknown-accelerator': 'Accelerators',
  'ambiguous-accelerator': 'Accelerators',
  'no-repository': 'Repositories',
  'unknown-repository': 'Repositories',
  'ambiguous-repository': 'Repositories',
  'not-exportable': 'Variables',
  'unknown-job': 'Builds',
};

function choices(mistake: Mistake, catalogue: Catalogue): string {
  const noun = NOUNS[mistake.code] ?? 'Targets';
  if (mistake.choices.length > 0) return named(noun, mistake.choices);
  return noun === 'Targets' ? targetsLine(catalogue) : '';
}

/** `Targets: zen2, zen3.` */
export function targetsLine(catalogue: Catalogue): string {
  return named('Targets', [...new Set(catalogue.pools.flatMap((pool) => pool.buildsFor.map(shortCpu)))]);
}

function named(noun: string, names: readonly string[]): string {
  const shown = names.slice(0, LONGEST_LIST).map((name) => code(name));
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return `${noun}: ${names.length > LONGEST_LIST ? list(shown) : shown.join(', ')}.`;
}
