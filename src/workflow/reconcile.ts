import { isFinal } from '../domain/build.ts';
import { folderOf } from '../domain/deploy.ts';
import type { Job } from '../ports.ts';
import type { World } from './world.ts';

/** A delivery younger than this is probably still on its way through the queue, ms. */
const SETTLING_MS = 5_000;
/** What moved within this time gets its comments and checks compared with the rows once more, ms. */
const LOOK_BACK_MS = 60 * 60_000;
/** The same at the start: longer than a bot is likely to be down. */
const LOOK_BACK_AT_START_MS = 14 * 24 * 60 * 60_000;

/**
 * Compares the rows with the queue and the world and puts back on its way whatever stands still: at start, every minute,
 * and safe at any time, because every step finds its own trace.
 * @returns how many steps were asked for
 */
export async function reconcile(world: World, start = false): Promise<number> {
  const now = world.clock.now();
  const since = now - (start ? LOOK_BACK_AT_START_MS : LOOK_BACK_MS);
  const jobs: Job[] = [];
  for (const guid of await world.records.deliveries.unfinished(start ? now : now - SETTLING_MS))
    jobs.push({ kind: 'delivery', guid });
  const builds = await world.records.builds.inState([
    'queued',
    'starting',
    'running',
    'cancelling',
    'collecting',
  ]);
  for (const { id, state } of builds)
    jobs.push(state.kind === 'queued' ? { kind: 'place' } : { kind: 'build', buildId: id });
  for (const build of await world.records.builds.movedSince(since)) {
    jobs.push({ kind: 'status', requestId: build.requestId }, { kind: 'check', buildId: build.id });
    if (build.state.kind === 'failed') jobs.push({ kind: 'build', buildId: build.id });
  }
  for (const deploy of await world.records.deploys.inState(['preparing']))
    jobs.push({ kind: 'deploy', deployId: deploy.id });
  for (const deploy of await world.records.deploys.inState(['approved', 'ingesting']))
    jobs.push({ kind: 'ingest', deployId: deploy.id });
  for (const deploy of await world.records.deploys.movedSince(since)) {
    if (deploy.state.kind === 'open') jobs.push({ kind: 'deploy', deployId: deploy.id });
    else if (deploy.state.kind === 'rolled-back') jobs.push({ kind: 'rollback', deployId: deploy.id });
    else jobs.push({ kind: 'ingest', deployId: deploy.id });
    if (folderOf(deploy.state) !== null) jobs.push({ kind: 'file', deployId: deploy.id });
  }
  for (const { deployId } of await world.records.rollbacks.underWay())
    jobs.push({ kind: 'rollback', deployId });
  for (const deployId of await world.records.publications.watched()) jobs.push({ kind: 'watch', deployId });
  for (const { id } of await world.records.waits.waiting()) jobs.push({ kind: 'wait', waitId: id });
  for (const posting of await world.records.postings.unwritten())
    jobs.push({ kind: 'reply', key: posting.key });
  await world.logs.compressEnded(async (id) => {
    const build = await world.records.builds.get(id);
    return build !== null && isFinal(build.state);
  });
  const distinct = new Map(jobs.map((job) => [JSON.stringify(job), job]));
  for (const job of distinct.values()) await world.queue.add(job);
  return distinct.size;
}
