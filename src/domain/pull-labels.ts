/** Labels that show how the builds of a pull request stand. */
import { type Build, isFinal } from './build.ts';

/** The labels of a configuration; null: none for this. */
export interface BuildLabels {
  building: string | null;
  built: string | null;
  failed: string | null;
}

/**
 * Which of them a pull request wears.
 * @param builds the newest try of each target at its head
 */
export function standingOf(builds: readonly Build[]): keyof BuildLabels | null {
  const kinds = new Set(builds.map(({ state }) => state.kind));
  if (builds.some(({ state }) => !isFinal(state))) return 'building';
  if (kinds.has('failed')) return 'failed';
  return kinds.has('succeeded') ? 'built' : null;
}
