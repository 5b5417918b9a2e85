import { type Build, isFinal, testsFailed } from '../domain/build.ts';
import { type RepositoryTarget, targetName } from '../domain/target.ts';
import { type Button, buttons, type CheckText } from './check.ts';
import { cell, count, inCell, linesWithin, sentence } from './markdown.ts';
import { headline, sign } from './status-words.ts';

/** What the summary of one head is made of. */
export interface SummaryView {
  /** As configured: several instances may serve one repository. */
  name: string;
  /** The newest try of every build of the head, at least one. */
  builds: readonly Build[];
  repositories: ReadonlyMap<string, RepositoryTarget>;
}

/** Characters of the table's rows; GitHub takes 65,535 in all. */
const ROOM = 60_000;

/** The one check of a head that a rule of the branch can ask for: is everything that was asked for built, and good. */
export function summaryCheck({ name, builds, repositories }: SummaryView): CheckText {
  const conclusion = verdict(builds);
  const waiting = builds.every((build) => build.state.kind === 'queued');
  const title = headline(builds);
  return {
    name,
    status: conclusion !== null ? 'completed' : waiting ? 'queued' : 'in_progress',
    conclusion,
    title: title.slice(0, 1).toUpperCase() + title.slice(1),
    summary: [advice(builds), table(builds, repositories)].join('\n\n'),
    annotations: [],
    actions: actions(builds),
  };
}

function advice(builds: readonly Build[]): string {
  if (!builds.every((build) => isFinal(build.state)))
    return 'Builds are under way; when the last of them ends, so does this check.';
  if (builds.every(({ state }) => state.kind === 'succeeded'))
    return builds.some(testsFailed)
      ? 'Everything that was asked for at this commit is built, but tests failed, which stops a deploy: mend them and build again, or say why they do not matter with `bot: deploy --despite-tests="why"`.'
      : 'Everything that was asked for at this commit is built. `bot: deploy` puts it up for approval.';
  return 'Something is not built. `bot: retry` builds it again, and so does the button.';
}

/** Null while anything is under way: a check that says "failure" is not looked at again. */
function verdict(builds: readonly Build[]): CheckText['conclusion'] {
  if (!builds.every((build) => isFinal(build.state))) return null;
  if (builds.some((build) => build.state.kind === 'failed' || testsFailed(build))) return 'failure';
  return builds.every((build) => build.state.kind === 'succeeded') ? 'success' : 'cancelled';
}

function actions(builds: readonly Build[]): Button[] {
  const again = builds.some(({ state }) => state.kind === 'failed' || state.kind === 'cancelled');
  const ends = builds.some(({ state }) => ['queued', 'starting', 'running'].includes(state.kind));
  return [...(again ? [buttons.retryAll] : []), ...(ends ? [buttons.cancelAll] : [])];
}

function table(builds: readonly Build[], repositories: ReadonlyMap<string, RepositoryTarget>): string {
  const worstFirst = [...builds].sort((a, b) => rank(a) - rank(b));
  const rows = worstFirst.map((build) => {
    const { state } = build;
    const repository = repositories.get(build.repository);
    const made = repository ? `${repository.name} ${repository.version}` : build.repository;
    const why = state.kind === 'failed' ? inCell(sentence(state.failure.sentence)) : headline([build]);
    return `| ${sign(build)} | ${cell(targetName(build.target))} | ${cell(made)} | ${why} |`;
  });
  const shown = linesWithin(rows, ROOM);
  const more = rows.length - shown.length;
  const table = ['| | target | for | |', '| :-: | --- | --- | --- |', ...shown].join('\n');
  return more === 0 ? table : `${table}\n\n${count(more, 'more build')}: the status comment has them.`;
}

/** What needs somebody stands first, what is built last. */
const ORDER = ['❌', '⚠️', '🚫', '⏳', '📦', '🕓', '✅'];

function rank(build: Build): number {
  return ORDER.indexOf(sign(build));
}
