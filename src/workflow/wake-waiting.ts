import type { Wait } from '../domain/wait.ts';
import type { World } from './world.ts';

/** Looks again at what waits for a pull request, and at what waits on it: it is not what it was. */
export async function wakeWaiting(world: World, repo: string, number: number): Promise<void> {
  for (const wait of await world.records.waits.waiting())
    if (wait.repo === repo && (wait.after === number || wait.pullRequest === number))
      await world.queue.add({ kind: 'wait', waitId: wait.id });
}

/** What waits on a pull request, oldest first. */
export async function waitingOn(world: World, repo: string, number: number): Promise<Wait[]> {
  const waiting = await world.records.waits.waiting();
  return waiting.filter((wait) => wait.repo === repo && wait.pullRequest === number);
}
