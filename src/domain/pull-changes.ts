/** What the files of a pull request mean for its builds. */
import type { EasystackProblem } from './easystack.ts';
import type { Stack } from './easystack-paths.ts';
import type { SoftwareChanges } from './software-changes.ts';
import type { Catalogue } from './target.ts';

/** A pull request as it was understood from its files. */
export interface Understood {
  software: SoftwareChanges;
  /** What its easystacks are for, each once; empty where none of them tells, or one does not. */
  stacks: Stack[];
  /** Easystacks it changes. */
  easystacks: number;
  /** What is broken in them; nothing is built while something is. */
  problems: EasystackProblem[];
  /** Files outside of easystacks that somebody should look at, sorted. */
  pointedOut: string[];
  /** Commits of the base branch that the head does not have; null: not worth a word. */
  behindBy: number | null;
}

/** Ids of the repository targets a pull request is for, of those this instance has. */
export function touchedTargets(stacks: readonly Stack[], catalogue: Catalogue): string[] {
  return catalogue.repositories
    .filter((target) => stacks.some((one) => isFor(one, target)))
    .map(({ id }) => id);
}

/** Ids among the repositories of builds that the pull request is not for; none where its paths do not tell. */
export function besideTheStacks(
  builds: readonly { repository: string }[],
  stacks: readonly Stack[],
  catalogue: Catalogue,
): string[] {
  if (stacks.length === 0) return [];
  const touched = touchedTargets(stacks, catalogue);
  return [...new Set(builds.map(({ repository }) => repository))].filter((id) => !touched.includes(id));
}

function isFor(stack: Stack, target: { name: string; version: string }): boolean {
  return stack.name === target.name && stack.version === target.version;
}

/** The middle of some numbers, or null of none. */
export function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
