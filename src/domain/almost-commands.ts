/**
 * Lines that are no commands, but were plainly meant to be: `bot build arch=zen2`, `please bot: build arch=zen2`,
 * `@stratobot build zen2`. Everything behind the name must read as a command of what is here, so that prose about the
 * bot ("the bot build failed") is left alone.
 */
import { isMeant, type SourceLine } from './command.ts';
import { COMMANDS, type CommandName } from './command-table.ts';
import { filterKey } from './filters.ts';
import { keyOf } from './guess-meaning.ts';
import type { Catalogue } from './target.ts';

/** A line that may be meant so; `rest` is the index in `source` behind what stands for `bot:`. */
export interface AlmostLine extends SourceLine {
  rest: number;
}

/** What its author should have written. */
export interface AlmostCommand {
  line: number;
  /** `bot: build arch=zen2` */
  command: string;
}

const POLITE = '(?:please|pls|plz|hi|hey|hello|dear|ok|okay|so|and|now|then|thanks)';
const ALMOST = new RegExp(
  `^ *(?:${POLITE}[ ,!:]+){0,3}(?:/(?=(?:build|plan|deploy)\\b)|[/!#]?bot(?: *[:;：,.!-]+ *| +)|@[A-Za-z0-9-]*bot[A-Za-z0-9-]*(?:\\[bot\\])?[,:]* +)(?=[A-Za-z])`,
  'i',
);
const LONGEST = 300;

/** Whether a line that is no command begins like one. */
export function almostLine({ line, source }: SourceLine): AlmostLine | null {
  const found = source.length > LONGEST ? null : ALMOST.exec(source);
  return found === null ? null : { line, source, rest: found[0].length };
}

/** The command it was meant to be, or null for prose and for what is meant for another instance. */
export function almostCommand(
  { line, source, rest }: AlmostLine,
  catalogue: Catalogue,
): AlmostCommand | null {
  const [name = '', ...words] = source.slice(rest).split(/[ ,]+/).filter(Boolean);
  const command = name.toLowerCase();
  if (!isCommand(command)) return null;
  const rule = COMMANDS[command];
  const parts: string[] = [];
  for (const word of words) {
    const text = word.toLowerCase();
    if (new RegExp(`^${POLITE}[.!]*$`).test(text)) continue;
    const [key = '', value = ''] = word.split(/[:=](.*)/);
    const filter = value === '' ? null : filterKey(key);
    if (filter === 'inst' && !isMeant([value], catalogue.instance)) return null;
    if (filter !== null || rule.flags.includes(text) || rule.topics.includes(text)) parts.push(word);
    else {
      const guess = keyOf(word, catalogue);
      if (guess === null) return null;
      parts.push(`${guess}=${word}`);
    }
  }
  return { line, command: ['bot:', command, ...parts].join(' ') };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
