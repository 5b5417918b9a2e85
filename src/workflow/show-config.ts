import { showConfig } from '../messages/show-config.ts';
import { nodesNow } from './nodes-now.ts';
import type { World } from './world.ts';

/** `bot: show_config`: the configuration, and how its nodes are right now. @returns what to say */
export async function showConfigNow(world: World): Promise<string> {
  return showConfig(world.catalogue, await nodesNow(world));
}
