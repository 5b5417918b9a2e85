import type { Build } from '../domain/build.ts';
import { plainFailure } from '../domain/failure.ts';
import { nextInLine, START_FAILED, type Waits, whyWaiting } from '../domain/placement.ts';
import { clockTime } from '../messages/markdown.ts';
import { inLine, placementState, slotsOf } from './placement-state.ts';
import { move } from './run-build.ts';
import type { World } from './world.ts';

/** How long to wait while another process chooses, ms. */
const LOCK_WAIT_MS = 50;

/**
 * Gives free slots to the builds that wait, in a fair order, until none can start; then notes why the others wait. Asked
 * for whenever a build comes or a slot becomes free. One at a time in all processes, so that no slot is given twice.
 */
export async function placeBuilds(world: World): Promise<void> {
  const again = await world.records.locked('placing', () => place(world));
  if (again === 'busy') await world.queue.add({ kind: 'place' }, { delayMs: LOCK_WAIT_MS });
  else if (again !== null)
    await world.queue.add({ kind: 'place' }, { delayMs: Math.max(LOCK_WAIT_MS, again - world.clock.now()) });
}

/** @returns when to look again even if nothing happens before, unix ms; null: never */
async function place(world: World): Promise<number | null> {
  const now = world.clock.now();
  const underWay = await world.records.builds.underWay();
  const queued = underWay.filter(({ build }) => build.state.kind === 'queued');
  if (queued.length === 0) return null;
  const builds = new Map(queued.map(({ build }) => [build.id, build]));
  const isEarly = ({ build }: { build: Build }) => (build.retry?.notBefore ?? 0) > now;
  const early = queued.filter(isEarly);
  const placed = slotsOf(underWay);
  const state = { ...(await placementState(world)), placed };

  const waiting = queued.filter((one) => !isEarly(one)).map(({ build, pull }) => inLine(build, pull));
  for (let next = nextInLine(waiting, state); next !== null; next = nextInLine(waiting, state)) {
    const { build: chosen, placement } = next;
    waiting.splice(waiting.indexOf(chosen), 1);
    const build = builds.get(chosen.id);
    const moved = build && (await move(world, build, { kind: 'node-chosen', placement }));
    if (!moved) continue; // it was cancelled in between
    placed.push({ pull: chosen.pull, pool: placement.pool, node: placement.node, since: now });
    await world.queue.add({ kind: 'build', buildId: moved.id });
  }

  const looks: number[] = [];
  for (const { build } of early) {
    const notBefore = build.retry?.notBefore ?? now;
    looks.push(notBefore);
    await note(world, build, `it is tried again at ${clockTime(notBefore)}`);
  }
  for (const { build: waits, why } of whyWaiting(waiting, state)) {
    if (why.until !== null) looks.push(why.until);
    const build = builds.get(waits.id);
    if (build) await tellWhy(world, build, why);
  }
  return looks.length === 0 ? null : Math.min(...looks);
}

/** A build that waiting does not help ends: nothing here builds it any more, or no node lets us in. Any other learns why it waits. */
async function tellWhy(world: World, build: Build, { code, waits, until }: Waits): Promise<void> {
  if (code === 'no-pool') {
    const failure = plainFailure('configuration', 'configuration', `${waits} any more`);
    await move(world, build, { kind: 'failed', failure });
    return;
  }
  if (code === 'refused') {
    await move(world, build, { kind: 'failed', failure: plainFailure('configuration', START_FAILED, waits) });
    return;
  }
  const when = code === 'set-aside' && until !== null ? `; one is tried again at ${clockTime(until)}` : '';
  await note(world, build, waits + when);
}

/** Written, and told to people, only when it changed. */
async function note(world: World, build: Build, reason: string): Promise<void> {
  if (build.waiting === reason) return;
  if (!(await world.records.builds.waits(build.id, 'queued', reason))) return;
  await world.queue.add({ kind: 'status', requestId: build.requestId });
  await world.queue.add({ kind: 'check', buildId: build.id });
}
