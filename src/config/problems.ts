/** What is wrong with a configuration, and how it is told to the person who wrote it. */

export interface Problem {
  /** The file, or the environment variable. */
  file: string;
  /** From 1; null where there is no line: the environment, a file that cannot be read. */
  line: number | null;
  /** From 1. */
  column: number | null;
  /** Characters the caret marks. */
  length: number;
  /** The line as it stands in the file; shown with secrets covered. */
  source: string | null;
  /** What was found. */
  found: string;
  /** What was expected, or null where `found` says it all. */
  expected: string | null;
  /** What to do; a half-sentence. */
  suggestion: string | null;
}

/** The configuration cannot be used. The message holds every problem, fit for a terminal. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    super(printProblems(file, problems));
    this.problems = problems;
  }
}

function printProblems(file: string, problems: readonly Problem[]): string {
  const [first] = problems;
  if (first && problems.length === 1 && first.line === null) return printProblem(file, first);
  const head = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [`${file}: ${head}`, ...problems.map((problem) => printProblem(file, problem))].join('\n\n');
}

/** What was found, the place, and what should be there; all in one sentence where it is short or has no place. */
function printProblem(file: string, problem: Problem): string {
  const { line, column, source, found, expected, suggestion } = problem;
  const place =
    line === null ? problem.file : problem.file === file ? `line ${line}` : `${problem.file}:${line}`;
  const advice = [expected === null ? null : `expected ${expected}`, suggestion].filter(
    (part) => part !== null,
  );
  if (line === null || column === null || source === null)
    return `${place}: ${[found, ...advice].join('; ')}`;
  const marked = excerpt(source, line, column, problem.length);
  return expected === null
    ? `${place}: ${[found, ...advice].join('; ')}\n${marked}`
    : `${place}: ${found}\n${marked}\n        ${advice.join('; ')}`;
}

const WIDTH = 100;

/** The line with a caret below the place; a long line is cut around it. */
function excerpt(source: string, line: number, column: number, length: number): string {
  const shown = coverSecrets(source).replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
  const start = column - 1 > WIDTH - 20 ? column - 21 : 0;
  const cut = shown.slice(start, start + WIDTH);
  const caretAt = column - 1 - start;
  const marks = '^'.repeat(Math.max(1, Math.min(length, cut.length - caretAt)));
  const gutter = String(line).padStart(5);
  return `${gutter} | ${cut}\n${' '.repeat(5)} | ${' '.repeat(caretAt)}${marks}`;
}

const SECRET_VALUE =
  /((?:secret|token|password|passphrase(?!_file\b)|private_key|access_key)\w*['"]?\s*:\s*)\S.*$/i;
const SECRET_IN_URL = /(:\/\/)[^/\s@]+@/g;

/** A line of a key's body, which has no name beside it. */
const KEY_BODY = /^\s*[A-Za-z0-9+/=]{40,}\s*$/;

/** A terminal and a CI log are no place for a secret that somebody put into the file by mistake. */
function coverSecrets(line: string): string {
  if (KEY_BODY.test(line)) return line.replace(/\S+/, '…');
  return line.replace(SECRET_IN_URL, '$1…@').replace(SECRET_VALUE, '$1…');
}
