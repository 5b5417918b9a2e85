import { showConfig } from '../messages/show-config.ts';
import type { World } from './world.ts';

/** `bot: show_config`: the configuration, and how its nodes are right now. @returns what to say */
export async function showConfigNow(world: World): Promise<string> {
  const underWay = await world.records.builds.underWay();
  const nodes = world.builders.nodes().map((node) => ({
    ...node,
    jobs: underWay.filter(({ build }) => build.placement?.node === node.name).length,
  }));
  return showConfig(world.catalogue, nodes);
}
