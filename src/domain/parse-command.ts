/**
 * From a comment to its commands. Purely syntactic: what exists here is asked by plan.ts. Linear in the length of the
 * comment, and nothing goes on that did not pass an allow-list of filter-values.ts.
 */
import { type Command, isMeant, type Mistake, mistakeAt, type SourceLine, type Word } from './command.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName, FILTER_NAMES } from './command-table.ts';
import { candidateLines, type IgnoredReason } from './comment-lines.ts';
import { checkChoice, isBadValue } from './filter-values.ts';
import { type Complaint, readFilters } from './filters.ts';

export interface ParsedComment {
  commands: Command[];
  mistakes: Mistake[];
  /** Lines with a command in them that was only shown: quoted, in code … */
  ignored: { line: number; reason: IgnoredReason }[];
}

/** Commands of one comment that are read; one more is a mistake. */
export const MOST_COMMANDS = 20;
/** UTF-16 units of a command's line. */
export const LONGEST_LINE = 2000;
const MOST_MISTAKES_OF_A_LINE = 3;

/** Reads a comment's body. */
export function parseComment(body: string): ParsedComment {
  const parsed: ParsedComment = { commands: [], mistakes: [], ignored: [] };
  let count = 0;
  for (const candidate of candidateLines(body)) {
    const { line, ignored } = candidate;
    if (ignored !== null) {
      parsed.ignored.push({ line, reason: ignored });
      continue;
    }
    count += 1;
    if (count > MOST_COMMANDS) {
      parsed.mistakes.push(tooMany(candidate));
      break;
    }
    const read = parseLine(candidate, candidate.rest);
    if ('mistakes' in read) parsed.mistakes.push(...read.mistakes);
    else parsed.commands.push(read);
  }
  return parsed;
}

/** Leaves out what is addressed to other instances. */
export function meantFor(parsed: ParsedComment, instance: string): ParsedComment {
  return {
    commands: parsed.commands.filter((command) =>
      isMeant(
        command.filters.inst.map((word) => word.text),
        instance,
      ),
    ),
    mistakes: parsed.mistakes.filter((mistake) => isMeant(mistake.instances, instance)),
    ignored: parsed.ignored,
  };
}

function tooMany({ line, source }: SourceLine): Mistake {
  const cut = { line, source: source.slice(0, LONGEST_LINE) };
  const message = `a comment holds at most ${MOST_COMMANDS} commands; this one is too many`;
  return mistakeAt(cut, { column: 1, length: cut.source.length }, 'too-many-commands', message);
}

function parseLine({ line, source }: SourceLine, rest: number): Command | { mistakes: Mistake[] } {
  if (source.length > LONGEST_LINE) {
    const cut = { line, source: source.slice(0, LONGEST_LINE) };
    const message = `a command is at most ${LONGEST_LINE} characters long`;
    return { mistakes: [mistakeAt(cut, { column: LONGEST_LINE, length: 1 }, 'line-too-long', message)] };
  }
  const at = { line, source };
  const name = readName(source, rest);
  if (name === null) {
    const span = { column: 1, length: source.length };
    const extra = { hint: 'write bot: help', choices: COMMAND_NAMES };
    return { mistakes: [mistakeAt(at, span, 'no-command', 'there is no command after bot:', extra)] };
  }
  const command = checkChoice('command', name, COMMAND_NAMES);
  if (isBadValue(command)) {
    const { filters } = readFilters(source, name.column - 1, ['inst']);
    const instances = filters.inst.map((word) => word.text);
    const extra = { hint: command.hint, choices: COMMAND_NAMES, instances };
    return { mistakes: [mistakeAt(at, command, 'unknown-command', command.message, extra)] };
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
  const read = readFilters(at.source, name.column - 1 + name.length, rule.filters);
  const complaints = [...read.complaints];
  let topic: string | null = null;
  const isFlag = (word: Word) => word.text.startsWith('--');
  const flags: string[] = [];
  for (const word of read.loose.filter(isFlag)) {
    const flag = checkChoice('option', word, rule.flags);
    if (isBadValue(flag)) complaints.push({ ...flag, code: 'unknown-option', choices: [...rule.flags] });
    else if (!flags.includes(flag.text)) flags.push(flag.text);
  }
  for (const [index, word] of read.loose.filter((one) => !isFlag(one)).entries()) {
    const choice = index === 0 && rule.topics.length > 0 ? checkChoice('topic', word, rule.topics) : null;
    if (choice === null) complaints.push(strayWord(name.text, word));
    else if (isBadValue(choice)) {
      complaints.push({ ...choice, code: 'unexpected-word', choices: [...rule.topics] });
    } else topic = choice.text;
  }
  const span = { column: name.column, length: name.length };
  if (complaints.length === 0)
    return { ...at, ...span, name: name.text, topic, flags, filters: read.filters };
  const instances = read.filters.inst.map((word) => word.text);
  return {
    mistakes: complaints
      .sort((a, b) => a.column - b.column)
      .slice(0, MOST_MISTAKES_OF_A_LINE)
      .map((one) => mistakeAt(at, one, one.code, one.message, { ...one, instances })),
  };
}

function strayWord(command: CommandName, word: Word): Complaint {
  const takesTarget = COMMANDS[command].filters.includes('arch');
  return {
    column: word.column,
    length: word.length,
    code: 'unexpected-word',
    message: `${command} takes no word of its own here`,
    hint: Object.hasOwn(FILTER_NAMES, word.text)
      ? `write ${word.text}=… with a value`
      : takesTarget && /^[A-Za-z0-9_/-]{2,40}$/.test(word.text)
        ? `did you mean arch=${word.text}?`
        : null,
    choices: [],
  };
}
