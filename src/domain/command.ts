/** What was typed after `bot:`, as it was understood, and how a mistake in it is reported. */
import type { CommandName } from './command-table.ts';

/** A stretch of a comment's line; `column` counts from 1, both in UTF-16 units of the line's `source`. */
export interface Span {
  column: number;
  length: number;
}

/** A line of a comment. */
export interface SourceLine {
  /** Counts from 1. */
  line: number;
  /** The line as it is read: every blank a space, invisible characters left out; so that `^^^^^` can stand under it. */
  source: string;
}

/** A value that passed its allow-list, in canonical spelling, and where it was typed. */
export interface Word extends Span {
  text: string;
}

/** What `on:` or `for:` says. */
export interface NodeFilter {
  arch: Word[];
  accel: Word[];
}

interface ExportWord {
  name: Word;
  value: Word;
}

/** The filters of one command; empty or null where nothing was said. `on` and `for` never stand beside `arch` and `accel`. */
export interface Filters {
  arch: Word[];
  accel: Word[];
  on: NodeFilter | null;
  for: NodeFilter | null;
  repo: Word[];
  inst: Word[];
  job: Word[];
  /** What a second person confirms: `software.eessi.io@42`. */
  confirm: Word[];
  exports: ExportWord[];
  /** Number of the pull request that it waits for: `after #123`. */
  after: number | null;
}

/** One command of a comment; the span is that of its name. */
export interface Command extends SourceLine, Span {
  name: CommandName;
  /** One of the command's `topics`, or null. */
  topic: string | null;
  /** Those of the command's `flags` that were given, each once. */
  flags: string[];
  /** What stands behind the flag that says why; null where it was not given. */
  reason: string | null;
  filters: Filters;
}

/** Something in a command that cannot be followed; all texts are plain, not Markdown, and hold what people typed. */
export interface Mistake extends SourceLine, Span {
  /** Stable: `unknown-command`, `unknown-target` … */
  code: MistakeCode;
  /** A sentence without its full stop. */
  message: string;
  /** `did you mean zen2?`: what stands behind the `^^^^^`; null where nothing is near. */
  hint: string | null;
  /** What exists, where a list helps; short names. */
  choices: string[];
  /** The `inst:` values of the line, for isMeant(). */
  instances: string[];
  /** The command of the line, or the one it was probably meant to be; null where nothing is near. */
  command: CommandName | null;
}

export type MistakeCode =
  | 'no-command'
  | 'unknown-command'
  | 'line-too-long'
  | 'comment-too-long'
  | 'too-many-commands'
  | 'unexpected-word'
  | 'unknown-option'
  | 'unknown-filter'
  | 'filter-not-taken'
  | 'filter-twice'
  | 'filters-mixed'
  | 'missing-value'
  | 'bad-value'
  | 'no-target'
  | 'unknown-target'
  | 'ambiguous-target'
  | 'no-node'
  | 'unknown-accelerator'
  | 'ambiguous-accelerator'
  | 'no-repository'
  | 'unknown-repository'
  | 'ambiguous-repository'
  | 'not-offered'
  | 'not-exportable'
  | 'unknown-job'
  | 'contradiction'
  | 'too-many-builds';

/** Mistakes that are none of a line: the comment as a whole asks for more than is allowed. */
const LIMITS: readonly MistakeCode[] = ['comment-too-long', 'too-many-commands', 'too-many-builds'];

/** Whether nothing of the comment is carried out, even where somebody asked to keep going. */
export function isLimit({ code }: Mistake): boolean {
  return LIMITS.includes(code);
}

export function emptyFilters(): Filters {
  return {
    arch: [],
    accel: [],
    on: null,
    for: null,
    repo: [],
    inst: [],
    job: [],
    confirm: [],
    exports: [],
    after: null,
  };
}

/** A mistake at a span of a line, which may be that of a command. */
export function mistakeAt(
  line: SourceLine & { name?: CommandName },
  span: Span,
  code: MistakeCode,
  message: string,
  extra: { hint?: string | null; choices?: readonly string[]; instances?: readonly string[] } = {},
): Mistake {
  return {
    code,
    message,
    line: line.line,
    source: line.source,
    column: span.column,
    length: span.length,
    hint: extra.hint ?? null,
    choices: [...(extra.choices ?? [])],
    instances: [...(extra.instances ?? [])],
    command: line.name ?? null,
  };
}

const SHORTEST_INSTANCE_PREFIX = 3;

/**
 * True when a line with these `inst:` values is for this instance: it names none, or one that is this instance's name or
 * begins it (three letters at least). Whoever is not meant stays silent.
 */
export function isMeant(instances: readonly string[], own: string): boolean {
  const name = own.toLowerCase();
  return (
    instances.length === 0 ||
    instances.some((typed) => {
      const text = typed.toLowerCase();
      return text === name || (text.length >= SHORTEST_INSTANCE_PREFIX && name.startsWith(text));
    })
  );
}

/** A command as one would type it; parseComment() reads it back. */
export function printCommand(
  command: Pick<Command, 'name' | 'topic' | 'flags' | 'reason' | 'filters'>,
): string {
  const { filters } = command;
  const list = (words: readonly Word[]) => words.map((word) => word.text).join(',');
  const some = (key: string, words: readonly Word[]) => (words.length > 0 ? [`${key}${list(words)}`] : []);
  const node = (key: 'on' | 'for') => {
    const filter = filters[key];
    if (filter === null) return [];
    return [`${key}:${[`arch=${list(filter.arch)}`, ...some('accel=', filter.accel)].join(',')}`];
  };
  return [
    `bot: ${command.name}`,
    ...(command.topic === null ? [] : [command.topic]),
    ...some('arch=', filters.arch),
    ...some('accel=', filters.accel),
    ...node('on'),
    ...node('for'),
    ...some('repo:', filters.repo),
    ...some('inst:', filters.inst),
    ...some('job:', filters.job),
    ...some('confirm=', filters.confirm),
    ...filters.exports.map((item) => `export:${item.name.text}=${item.value.text}`),
    ...(filters.after === null ? [] : [`after #${filters.after}`]),
    ...command.flags.map((flag) => (command.reason === null ? flag : `${flag}="${command.reason}"`)),
  ].join(' ');
}
