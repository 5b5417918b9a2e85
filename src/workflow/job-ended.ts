import type { JobExit } from '../domain/build.ts';
import type { JobListener } from '../ports.ts';
import { move } from './run-build.ts';
import type { World } from './world.ts';

/** What the builders tell while jobs run: log bytes, and the end. */
export function jobListener(world: World): JobListener {
  return {
    log: (buildId, offset, chunk) => world.logs.append(buildId, offset, chunk),
    ended: (buildId, exit) => jobEnded(world, buildId, exit),
    waiting: (buildId, reason) => jobWaits(world, buildId, reason),
  };
}

async function jobEnded(world: World, buildId: number, exit: JobExit): Promise<void> {
  const build = await world.records.builds.get(buildId);
  if (build?.state.kind === 'running') await move(world, build, { kind: 'job-ended', exit });
  await world.queue.add({ kind: 'build', buildId });
}

async function jobWaits(world: World, buildId: number, reason: string | null): Promise<void> {
  if (!(await world.records.builds.waits(buildId, 'running', reason))) return;
  const build = await world.records.builds.get(buildId);
  if (build === null) return;
  if (reason !== null) world.log.info({ build: buildId, why: reason }, 'job waits on its node');
  await world.queue.add({ kind: 'status', requestId: build.requestId });
  await world.queue.add({ kind: 'check', buildId });
}
