/** Which of some builds a command's filters name: `bot: cancel arch=zen2 job:17`. */
import { type Command, type Mistake, mistakeAt, type Word } from './command.ts';
import { shown } from './filter-values.ts';
import { type Match, matchPath, matchRepository } from './match-target.ts';
import { type Target, targetName } from './target.ts';

/** What is asked of a build to select it. */
export interface Selectable {
  id: number;
  target: Target;
  repository: string;
}

export type Selection<T> = { kind: 'selected'; builds: T[] } | { kind: 'mistakes'; mistakes: Mistake[] };

/**
 * Builds that fit every filter of the command, in the order given; without a filter all of them. A value that fits none of
 * the builds, or names of several without a star, is a mistake. `job:` is the build's id.
 */
export function selectBuilds<T extends Selectable>(command: Command, builds: readonly T[]): Selection<T> {
  const { arch, accel, repo, job } = command.filters;
  const mistakes: Mistake[] = [];
  const tell = (word: Word, match: Exclude<Match, { kind: 'matched' }>, names: readonly string[]) => {
    const typed = shown(word.text);
    const several = match.kind !== 'none';
    const message = several ? `${typed} can mean several of these` : `none of these builds matches ${typed}`;
    const code = several ? 'ambiguous-target' : 'unknown-target';
    mistakes.push(mistakeAt(command, word, code, message, { choices: several ? match.names : names }));
  };
  const narrow = (words: readonly Word[], nameOf: (build: T) => string | null, matching = matchPath) => {
    if (words.length === 0) return () => true;
    const names = [...new Set(builds.map(nameOf))].filter((name) => name !== null);
    const meant = new Set<string>();
    for (const word of words) {
      const match = matching(word.text, names);
      if (match.kind === 'matched') for (const name of match.names) meant.add(name);
      else tell(word, match, names);
    }
    return (build: T) => meant.has(nameOf(build) ?? '');
  };
  const tests = [
    narrow(arch, (build) => targetName({ ...build.target, accelerator: null })),
    narrow(accel, (build) => build.target.accelerator),
    narrow(repo, (build) => build.repository, matchId),
    narrowJobs(job, builds, (word) => {
      const choices = builds.map((build) => String(build.id));
      mistakes.push(
        mistakeAt(command, word, 'unknown-job', `job ${shown(word.text)} is none of these`, { choices }),
      );
    }),
  ];
  if (mistakes.length > 0) return { kind: 'mistakes', mistakes };
  return { kind: 'selected', builds: builds.filter((build) => tests.every((test) => test(build))) };
}

/** By id alone: a repository may have left the configuration since. */
function matchId(typed: string, ids: readonly string[]): Match {
  return matchRepository(
    typed,
    ids.map((id) => ({ id, name: '', version: '', container: '' })),
  );
}

function narrowJobs(
  words: readonly Word[],
  builds: readonly Selectable[],
  unknown: (word: Word) => void,
): (build: Selectable) => boolean {
  if (words.length === 0) return () => true;
  const ids = new Set(words.map((word) => Number(word.text)));
  for (const word of words) {
    if (!builds.some((build) => build.id === Number(word.text))) unknown(word);
  }
  return (build) => ids.has(build.id);
}
