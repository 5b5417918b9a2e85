import type { EasystackProblem } from '../domain/easystack.ts';
import type { Stack } from '../domain/easystack-paths.ts';
import type { Understood } from '../domain/pull-changes.ts';
import { code, count, list, plain, sentence } from './markdown.ts';

/** Problems shown in a comment; the check has all of them. */
const SHOWN = 10;
/** Files named where some are pointed out. */
const FILES = 5;
/** Characters of one problem beside its line. */
const LONGEST_MESSAGE = 2000;

/** Nothing is built of easystacks that cannot be read. */
export function brokenEasystacks(problems: readonly EasystackProblem[]): string {
  return [
    `Nothing was started: ${broken(problems)} cannot be read. Mend ${problems.length === 1 ? 'this' : 'these'}, push, and ask again.`,
    problemList(problems),
  ].join('\n\n');
}

function broken(problems: readonly EasystackProblem[]): string {
  const files = [...new Set(problems.map(({ file }) => file))];
  const [file] = files;
  return files.length === 1 && file !== undefined ? code(file) : count(files.length, 'easystack');
}

function problemList(problems: readonly EasystackProblem[]): string {
  const lines = problems
    .slice(0, SHOWN)
    .map(
      ({ file, line, column, message }) =>
        `- ${code(file)}, line ${line}, column ${column}: ${sentence(message)}.`,
    );
  if (problems.length > SHOWN) lines.push(`- … and ${count(problems.length - SHOWN, 'more problem')}.`);
  return lines.join('\n');
}

/** The check beside them. */
export function easystackCheck(problems: readonly EasystackProblem[]) {
  return {
    name: 'stratobot / easystacks',
    status: 'completed' as const,
    conclusion: 'failure' as const,
    title: `${count(problems.length, 'problem')} in ${count(new Set(problems.map(({ file }) => file)).size, 'easystack')}`,
    summary: `Nothing is built of this commit.\n\n${problemList(problems)}`,
    annotations: problems.map(({ file, line, message }) => ({
      path: file,
      startLine: line,
      endLine: line,
      level: 'failure' as const,
      title: 'Easystack cannot be read',
      message: plain(`${message}.`, LONGEST_MESSAGE),
    })),
  };
}

/**
 * A command is for a repository that the pull request does not change.
 * @param beside ids it would be built for all the same
 * @param insist the commands that do it
 */
export function besideThePaths(
  beside: readonly string[],
  stacks: readonly Stack[],
  insist: readonly string[],
): string {
  return `Nothing was started: ${contradiction(beside, stacks)}. Name what it changes with ${code('repo:')}, or, if the other is meant, write ${list(insist.map((command) => code(command)))}.`;
}

function contradiction(beside: readonly string[], stacks: readonly Stack[]): string {
  const changed = list(stacks.map(({ name, version }) => code(`${name} ${version}`)));
  return `this pull request changes easystacks of ${changed}, and the command is for ${list(beside.map((id) => code(id)))}`;
}

/** What a person should know of a pull request before it is built; one sentence each. */
export function warnings(understood: Understood, baseRef: string, beside: readonly string[] = []): string[] {
  const { pointedOut, behindBy, easystacks, stacks } = understood;
  const files = pointedOut.slice(0, FILES).map((path) => code(path));
  if (pointedOut.length > FILES) files.push(`${pointedOut.length - FILES} more`);
  return [
    ...(beside.length > 0
      ? [`${code('bot: build')} would ask whether it is meant: ${contradiction(beside, stacks)}.`]
      : []),
    ...(easystacks === 0 ? ['No easystack is changed.'] : []),
    ...(files.length > 0
      ? [
          `Besides easystacks, ${list(files)} changed, which may decide how everything is built. Look at the difference before you build.`,
        ]
      : []),
    ...(behindBy !== null
      ? [
          `The branch is ${count(behindBy, 'commit')} behind ${code(baseRef)}. What is built is the branch merged into ${code(baseRef)}; to see that merge yourself, bring the branch up to date.`,
        ]
      : []),
  ];
}

/** Said once on a pull request, when it is first built; null: there is nothing to say. */
export function notice(understood: Understood, baseRef: string): string | null {
  const said = warnings({ ...understood, easystacks: 1 }, baseRef);
  return said.length === 0 ? null : said.map((one) => `⚠️ ${one}`).join('\n\n');
}
