import type { NodeNow } from '../domain/node-now.ts';
import { type History, nodeHealth } from '../domain/placement.ts';
import { pastBuilds } from './placement-state.ts';
import type { World } from './world.ts';

/** The page that shows it is for anybody: a week of builds is summed up so often at the most, ms. */
const HISTORY_FRESH_MS = 5_000;
const histories = new WeakMap<World, { at: number; history: Promise<History> }>();

/** Every build node, with how many jobs it has and whether it can be used. */
export async function nodesNow(world: World): Promise<NodeNow[]> {
  const now = world.clock.now();
  const [underWay, history] = await Promise.all([world.records.builds.underWay(), lately(world, now)]);
  return world.builders.nodes().map((node) => ({
    ...node,
    jobs: underWay.filter(({ build }) => build.placement?.node === node.name).length,
    nearlyFull: world.nearlyFull.has(node.name),
    health: nodeHealth(history, node.name, now),
  }));
}

function lately(world: World, now: number): Promise<History> {
  const known = histories.get(world);
  if (known !== undefined && now - known.at < HISTORY_FRESH_MS) return known.history;
  const history = pastBuilds(world);
  histories.set(world, { at: now, history });
  history.catch(() => histories.delete(world));
  return history;
}
