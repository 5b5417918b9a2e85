import type { NodeNow } from '../domain/node-now.ts';
import type { World } from './world.ts';

/** Every build node, with how many jobs it has and whether it can be used. */
export async function nodesNow(world: World): Promise<NodeNow[]> {
  const underWay = await world.records.builds.underWay();
  return world.builders.nodes().map((node) => ({
    ...node,
    jobs: underWay.filter(({ build }) => build.placement?.node === node.name).length,
    nearlyFull: world.nearlyFull.has(node.name),
  }));
}
