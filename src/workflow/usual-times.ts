import type { Build } from '../domain/build.ts';
import { median } from '../domain/pull-changes.ts';
import type { World } from './world.ts';

/** Earlier builds of a target that an estimate looks at. */
const LOOKED_AT = 20;

/** How long builds of a target ran that succeeded, the middle of the newest ones, ms; null: there are none. */
export async function usualTime(
  world: World,
  { target, repository }: Pick<Build, 'target' | 'repository'>,
): Promise<number | null> {
  return median(await world.records.builds.durations(target, repository, LOOKED_AT));
}

/** The same of those builds that run, by their id. */
export async function usualTimes(world: World, builds: readonly Build[]): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for (const build of builds.filter(({ state }) => state.kind === 'running')) {
    const usual = await usualTime(world, build);
    if (usual !== null) times.set(build.id, usual);
  }
  return times;
}
