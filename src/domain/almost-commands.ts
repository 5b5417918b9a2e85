/**
 * Lines that are no commands, but were plainly meant to be: `bot build arch=zen2`, `please bot: build arch=zen2`,
 * `@stratobot build zen2`, `stratobot: build for zen2`, `- bot: status`, `build arch=zen2`. Everything in them must read as a
 * command of what is here, so that prose about the bot ("the bot build failed") is left alone, and so are lines for other bots.
 */
import { isMeant, type SourceLine } from './command.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName } from './command-table.ts';
import { filterKey } from './filters.ts';
import { keyOf } from './guess-meaning.ts';
import type { IgnoredReason } from './ignored-reason.ts';
import type { Catalogue } from './target.ts';

/** A line that may be meant so; `rest` is the index in `source` behind what stands for `bot:`. */
export interface AlmostLine extends SourceLine {
  rest: number;
  /** Who is asked, where that is a name and not a word for any bot: it may be another one. */
  called: string | null;
  /** Nobody is: the line begins with the command, and has to say more than a word of prose does. */
  bare: boolean;
  /** Why it is no command, should it not be meant as one; null: nothing in it looks like one then. */
  otherwise: IgnoredReason | null;
}

/** What its author should have written. */
export interface AlmostCommand {
  line: number;
  /** `bot: build arch=zen2` */
  command: string;
}

const POLITE = '(?:please|pls|plz|hi|hey|hello|dear|ok|okay|so|and|now|then|thanks)';
const NAME = `(?:${COMMAND_NAMES.join('|')})`;
/**
 * Marks of a list, a heading or of emphasis, or a small picture; but none of a quote or of code. Few in a run: a long one could be
 * cut into three at so many places that a line of digits took seconds.
 */
const MARKS = '(?:(?:[*_~#+.()\\d-]{1,8}|\\p{Extended_Pictographic}\\uFE0F?) *){0,3}';
const CALLS = [
  '/(?=(?:build|plan|deploy)\\b)',
  '[/!#]?(?:bot|ｂｏｔ)(?: *[:;：，,.!-]+ *| +)',
  '@[A-Za-z0-9-]{0,39}bot[A-Za-z0-9-]{0,39}(?:\\[bot\\])?[,:]* +',
  'stratobot(?:[:,]+ *| +)',
  `(?<called>[A-Za-z0-9][\\w.-]{0,63}): *(?=${NAME}\\b)`,
  `(?<bare>)(?=${NAME} +[A-Za-z]+[:=])`,
];
const ALMOST = new RegExp(`^ *${MARKS}(?:${POLITE}[ ,!:]+){0,3}(?:${CALLS.join('|')})(?=[A-Za-z])`, 'iu');
const LONGEST = 300;
/** Words between a command and its names: `build for zen2 and zen3`. */
const BETWEEN = /^(?:for|and|with)$/;

/** Whether a line that is no command begins like one. */
export function almostLine({ line, source }: SourceLine): Omit<AlmostLine, 'otherwise'> | null {
  const found = source.length > LONGEST ? null : ALMOST.exec(source);
  if (found === null) return null;
  const { called, bare } = found.groups ?? {};
  return { line, source, rest: found[0].length, called: called ?? null, bare: bare !== undefined };
}

/** The command it was meant to be, or null for prose and for what is meant for another instance. */
export function almostCommand(
  { line, source, rest, called, bare }: AlmostLine,
  catalogue: Catalogue,
): AlmostCommand | null {
  if (called !== null && called.toLowerCase() !== catalogue.instance.toLowerCase()) return null;
  const [name = '', ...words] = source
    .slice(rest)
    .replace(/[*_~]+$/, '')
    .split(/[ ,]+/)
    .filter(Boolean);
  const command = name.toLowerCase();
  if (!isCommand(command)) return null;
  const rule = COMMANDS[command];
  const parts: string[] = [];
  let named = false;
  let between = false;
  for (const word of words) {
    const text = word.toLowerCase();
    if (new RegExp(`^${POLITE}[.!]*$`).test(text) && !BETWEEN.test(text)) continue;
    if (BETWEEN.test(text)) {
      between = true;
      continue;
    }
    const [key = '', value = ''] = word.split(/[:=](.*)/);
    const filter = value === '' ? null : filterKey(key);
    if (filter === 'inst' && !isMeant([value], catalogue.instance)) return null;
    if (filter !== null) named = true;
    if (filter !== null || rule.flags.includes(text) || rule.topics.includes(text)) {
      parts.push(word);
      continue;
    }
    const guess = keyOf(word, catalogue);
    if (guess === null) return null;
    named = true;
    const last = parts.at(-1);
    if (last?.startsWith(`${guess}=`)) parts[parts.length - 1] = `${last},${word}`;
    else parts.push(`${guess}=${word}`);
  }
  if ((bare || between) && !named) return null;
  return { line, command: ['bot:', command, ...parts].join(' ') };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
