/**
 * From a comment to its commands. Purely syntactic: what exists here is asked by plan.ts. Linear in the length of the
 * comment, and nothing goes on that did not pass an allow-list of filter-values.ts.
 */
import { type AlmostCommand, type AlmostLine, almostCommand } from './almost-commands.ts';
import {
  type Command,
  isLimit,
  isMeant,
  type Mistake,
  mistakeAt,
  type SourceLine,
  type Word,
} from './command.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName, FILTER_NAMES } from './command-table.ts';
import { beginning, candidateLines } from './comment-lines.ts';
import { checkChoice, isBadValue, shown } from './filter-values.ts';
import { type Complaint, filterKey, readFilters } from './filters.ts';
import { REASON_FLAG, takeReason } from './flag-reason.ts';
import { withGuesses } from './guess-meaning.ts';
import type { IgnoredReason } from './ignored-reason.ts';
import { DEFAULT_REQUEST_LIMITS, type RequestLimits } from './request-limits.ts';
import type { Catalogue } from './target.ts';
import { commandHint, likelyCommand } from './unknown-command.ts';

export interface ParsedComment {
  commands: Command[];
  mistakes: Mistake[];
  /** Lines that begin almost as a command does. */
  almost: AlmostLine[];
  /** Lines with a command in them that was only shown: quoted, in code … */
  ignored: { line: number; reason: IgnoredReason }[];
  /** Lines that ask to build what is right beside what is wrong, whether they are right themselves or not. */
  keepGoing: number[];
}

/** UTF-16 units of a command's line. */
export const LONGEST_LINE = 2000;
/** Lines of one comment that are pointed out as almost a command. */
const MOST_ALMOST = 20;
const MOST_MISTAKES_OF_A_LINE = 3;
const KEEP_GOING = /^ *(?:build|plan)(?= |,)(?:.*[ ,])?--keep-going(?:[ ,]|$)/i;

/** Reads a comment's body. */
export function parseComment(body: string, limits: RequestLimits = DEFAULT_REQUEST_LIMITS): ParsedComment {
  const parsed: ParsedComment = { commands: [], mistakes: [], almost: [], ignored: [], keepGoing: [] };
  let count = 0;
  const part = beginning(body, limits.commentLength);
  for (const candidate of candidateLines(part?.read ?? body)) {
    const { line } = candidate;
    if (candidate.kind === 'ignored') {
      parsed.ignored.push({ line, reason: candidate.reason });
      continue;
    }
    if (candidate.kind === 'almost') {
      if (parsed.almost.length < MOST_ALMOST) parsed.almost.push(candidate);
      continue;
    }
    count += 1;
    if (count > limits.commandsPerComment) {
      parsed.mistakes.push(tooMany(candidate, limits.commandsPerComment));
      break;
    }
    if (KEEP_GOING.test(candidate.source.slice(candidate.rest, LONGEST_LINE))) parsed.keepGoing.push(line);
    const read = parseLine(candidate, candidate.rest);
    if ('mistakes' in read) parsed.mistakes.push(...read.mistakes);
    else parsed.commands.push(read);
  }
  const first = parsed.commands[0] ?? parsed.mistakes[0] ?? part?.next ?? null;
  if (part !== null && first !== null)
    parsed.mistakes.unshift(tooLong(first, part.length, limits.commentLength));
  return parsed;
}

/** What of a comment an instance is asked for. */
export interface Meant extends Omit<ParsedComment, 'keepGoing' | 'almost'> {
  /** What was plainly meant as a command, and is none. */
  almost: AlmostCommand[];
  /** What is right is carried out, though not all is. */
  keepGoing: boolean;
}

/** Leaves out what is addressed to other instances; hints then know what there is. */
export function meantFor(parsed: ParsedComment, catalogue: Catalogue): Meant {
  const commands = parsed.commands.filter((command) =>
    isMeant(
      command.filters.inst.map((word) => word.text),
      catalogue.instance,
    ),
  );
  const mistakes = parsed.mistakes.filter(({ instances }) => isMeant(instances, catalogue.instance));
  const lines = new Set([...commands, ...mistakes].map(({ line }) => line));
  const almost = new Map(parsed.almost.map((one) => [one, almostCommand(one, catalogue)]));
  const ignored = [...almost].flatMap(([{ line, otherwise: reason }, meant]) =>
    meant === null && reason !== null ? { line, reason } : [],
  );
  return {
    commands,
    mistakes: withGuesses(mistakes, catalogue),
    almost: [...almost.values()].filter((one) => one !== null),
    ignored: [...parsed.ignored, ...ignored].sort((a, b) => a.line - b.line),
    keepGoing: parsed.keepGoing.some((line) => lines.has(line)) && !mistakes.some(isLimit),
  };
}

/** Only of a comment that holds a command: a long one that is for people is none of the bot's business. */
function tooLong({ line, source }: SourceLine, length: number, most: number): Mistake {
  const cut = { line, source: source.slice(0, LONGEST_LINE) };
  const message = `this comment has ${grouped(length)} characters, and ${grouped(most)} of one are read`;
  const extra = { hint: 'write the commands in a comment of their own' };
  return mistakeAt(cut, { column: 1, length: cut.source.length }, 'comment-too-long', message, extra);
}

/** `65,536` */
function grouped(count: number): string {
  return count.toLocaleString('en');
}

function tooMany({ line, source }: SourceLine, most: number): Mistake {
  const cut = { line, source: source.slice(0, LONGEST_LINE) };
  const message = `a comment may hold ${most === 1 ? 'one command' : `${most} commands`}, and line ${line} has one more`;
  const extra = { hint: 'write the rest in another comment' };
  return mistakeAt(cut, { column: 1, length: cut.source.length }, 'too-many-commands', message, extra);
}

function parseLine({ line, source }: SourceLine, rest: number): Command | { mistakes: Mistake[] } {
  if (source.length > LONGEST_LINE) {
    const cut = { line, source: source.slice(0, LONGEST_LINE) };
    const message = `a command is at most ${LONGEST_LINE} characters long`;
    const extra = { hint: 'write it as several commands, each on a line of its own' };
    return {
      mistakes: [mistakeAt(cut, { column: LONGEST_LINE, length: 1 }, 'line-too-long', message, extra)],
    };
  }
  const at = { line, source };
  const name = readName(source, rest);
  if (name === null) {
    const span = { column: 1, length: source.length };
    const extra = { hint: 'write bot: help', choices: COMMAND_NAMES };
    return { mistakes: [mistakeAt(at, span, 'no-command', 'there is no command after bot:', extra)] };
  }
  const command = checkChoice('there is no command', name, COMMAND_NAMES);
  if (isBadValue(command)) {
    const { filters } = readFilters(source, name.column - 1, ['inst', 'arch', 'accel', 'for']);
    const instances = filters.inst.map((word) => word.text);
    // No other command takes these: whoever writes `baue arch=zen2` wants a build.
    const builds = filters.arch.length + filters.accel.length > 0 || filters.for !== null;
    const meant = likelyCommand(name.text) ?? (builds ? 'build' : null);
    const guess = meant === null ? null : `did you mean ${meant}?`;
    const hint = commandHint(name.text) ?? command.hint ?? guess;
    const line = meant === null ? at : { ...at, name: meant };
    const extra = { hint, choices: COMMAND_NAMES, instances };
    return { mistakes: [mistakeAt(line, command, 'unknown-command', command.message, extra)] };
  }
  return parseCommand(at, { ...name, text: command.text as CommandName });
}

/** The first word of the command: up to a blank or a comma. */
function readName(source: string, rest: number): Word | null {
  const match = /[^ ,]+/.exec(source.slice(rest));
  if (match === null) return null;
  return { text: match[0], column: rest + match.index + 1, length: match[0].length };
}

function parseCommand(at: SourceLine, name: Word & { text: CommandName }): Command | { mistakes: Mistake[] } {
  const rule = COMMANDS[name.text];
  const from = name.column - 1 + name.length;
  const said = rule.flags.includes(REASON_FLAG)
    ? takeReason(at.source, from)
    : { rest: at.source, reason: null, complaints: [] };
  const waits = rule.waits === true ? takeAfter(said.rest, from) : { rest: said.rest, after: null };
  const read = readFilters(waits.rest, from, rule.filters);
  const complaints = [...read.complaints, ...said.complaints];
  let topic: string | null = null;
  const isFlag = (word: Word) => word.text.startsWith('--');
  const flags: string[] = [];
  for (const word of read.loose.filter(isFlag)) {
    const flag = checkChoice('there is no option', word, rule.flags);
    if (isBadValue(flag))
      complaints.push({
        ...flag,
        hint: optionHint(word, flag.hint),
        code: 'unknown-option',
        choices: [...rule.flags],
      });
    else if (!flags.includes(flag.text)) flags.push(flag.text);
  }
  const strays: Word[] = [];
  for (const [index, word] of read.loose.filter((one) => !isFlag(one)).entries()) {
    const first = index === 0 && rule.topics.length > 0;
    const choice = first ? checkChoice(`${name.text} does not take the word`, word, rule.topics) : null;
    if (choice === null) strays.push(word);
    else if (isBadValue(choice)) {
      const hint = choice.hint ?? (rule.topics.length === 1 ? `leave it out: ${rule.instead?.hint}` : null);
      complaints.push({ ...choice, hint, code: 'unexpected-word', choices: [...rule.topics] });
    } else topic = choice.text;
  }
  complaints.push(...runsOf(strays, at.source).map((run) => strayWords(name.text, run)));
  const span = { column: name.column, length: name.length };
  if (complaints.length === 0)
    return {
      ...at,
      ...span,
      name: name.text,
      topic,
      flags,
      reason: said.reason?.text ?? null,
      filters: { ...read.filters, after: waits.after },
    };
  const { instead } = rule;
  const withInstead = (one: Complaint) => {
    const key = filterKey(at.source.slice(one.column - 1, one.column - 1 + one.length));
    const fits = one.code === 'filter-not-taken' && key !== null && instead?.filters.includes(key);
    return fits ? { ...one, hint: instead?.hint ?? null } : one;
  };
  const instances = read.filters.inst.map((word) => word.text);
  return {
    mistakes: complaints
      .sort((a, b) => a.column - b.column)
      .slice(0, MOST_MISTAKES_OF_A_LINE)
      .map((one) =>
        mistakeAt({ ...at, name: name.text }, one, one.code, one.message, { ...withInstead(one), instances }),
      ),
  };
}

/** `after #123`, wherever it stands; blanks take its place, so that columns stay. */
function takeAfter(source: string, from: number): { rest: string; after: number | null } {
  const [whole, digits] = /(?<= )after[ :=]*#?([1-9]\d{0,8})(?![^ ])/i.exec(source.slice(from)) ?? [];
  if (whole === undefined) return { rest: source, after: null };
  const rest = source.slice(0, from) + source.slice(from).replace(whole, ' '.repeat(whole.length));
  return { rest, after: Number(digits) };
}

/** `--arch zen2`, as other programs take it. */
function optionHint({ text }: Word, hint: string | null): string | null {
  const key = filterKey(text.replace(/^-+/, ''));
  return key === null ? hint : `write ${key}=…`;
}

/** Words with nothing but blanks and commas between them, as one. */
function runsOf(words: readonly Word[], source: string): Word[] {
  const runs: Word[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    const start = last === undefined ? 0 : last.column - 1;
    const end = word.column - 1 + word.length;
    const between = last === undefined ? '' : source.slice(start + last.length, word.column - 1);
    if (last !== undefined && /^[ ,]*$/.test(between)) {
      runs[runs.length - 1] = { ...last, length: end - start, text: source.slice(start, end) };
    } else runs.push(word);
  }
  return runs;
}

function strayWords(command: CommandName, run: Word): Complaint {
  const { column, length, text } = run;
  const { filters, usage } = COMMANDS[command];
  const isKey = Object.hasOwn(FILTER_NAMES, text);
  return {
    column,
    length,
    code: 'unexpected-word',
    message: `${command} does not take the word${/[ ,]/.test(text) ? 's' : ''} ${shown(text)}`,
    // What the word may stand for is known where it is known what there is.
    hint: /^after\b/i.test(text)
      ? 'write after #123, of one pull request'
      : /^\\+$/.test(text)
        ? 'write the whole command on one line'
        : isKey
          ? `write ${text}=… with a value`
          : filters.includes('arch')
            ? null
            : `write bot: ${usage}`,
    choices: [],
  };
}
