import type { Build } from '../domain/build.ts';
import {
  type History,
  type Placed,
  type PlacementPool,
  type PlacementState,
  pastOf,
  recentHistory,
  type WaitingBuild,
} from '../domain/placement.ts';
import type { World } from './world.ts';

/** How far back builds say which node is healthy, and how long builds take, ms. */
const HISTORY_MS = 7 * 24 * 60 * 60_000;

/** What `records.builds.underWay` gives. */
type UnderWay = readonly { build: Build; pull: string }[];

/** Everything the choice of a node depends on but the builds that hold slots. */
export async function placementState(world: World): Promise<Omit<PlacementState, 'placed'>> {
  const now = world.clock.now();
  const history = await pastBuilds(world);
  const nodes = world.builders
    .nodes()
    .map((node) => ({ ...node, nearlyFull: world.nearlyFull.has(node.name) }));
  const pools = world.catalogue.pools.map(
    (offer): PlacementPool => ({
      offer,
      nodes: nodes.filter((node) => node.pool === offer.name),
      mostBuilds: world.mostBuilds.pool(offer.name),
    }),
  );
  return { now, pools, history, mostPerPull: world.mostBuilds.pull };
}

/** What the builds of the last week say of nodes, pools and pull requests. */
export async function pastBuilds(world: World): Promise<History> {
  const ended = await world.records.builds.endedSince(world.clock.now() - HISTORY_MS);
  return recentHistory(ended.flatMap((one) => pastOf(one) ?? []));
}

/** The slots that builds hold; one that is queued holds none. */
export function slotsOf(underWay: UnderWay): Placed[] {
  return underWay.flatMap(({ build: { placement }, pull }) =>
    placement === null ? [] : [{ pull, pool: placement.pool, node: placement.node, since: placement.at }],
  );
}

/** A build as the line of those that wait sees it. */
export function inLine(build: Build, pull: string): WaitingBuild {
  const { id, target, repository, pools, priority, retry, avoid, createdAt } = build;
  return {
    id,
    pull,
    target,
    repository,
    since: Math.max(createdAt, retry?.notBefore ?? 0),
    priority: priority !== null,
    pools,
    avoid,
  };
}
