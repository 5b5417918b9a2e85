/** The App is installed somewhere. */
import type { Installation, Json } from '../model.ts';
import { renderInstallation } from '../render/app.ts';
import { nodeId } from '../render/ids.ts';
import { renderUser } from '../render/user.ts';
import type { RaisedEvent } from '../webhooks.ts';
import { fullName, type World } from '../world.ts';

/** Installs the App on all repositories of an owner, now and later. */
export function install(world: World, owner: string): { installation: Installation; raised: RaisedEvent } {
  const installation = world.install(owner);
  const own = [...world.repositories.values()].filter((repo) => repo.owner.id === installation.account.id);
  const repositories = own.map((repo) => ({
    id: repo.id,
    node_id: nodeId('R', repo.id),
    name: repo.name,
    full_name: fullName(repo),
    private: repo.isPrivate,
  }));
  const payload: Json = {
    action: 'created',
    installation: renderInstallation(world, installation),
    repositories,
    requester: null,
    sender: renderUser(world, world.appOwner),
  };
  return { installation, raised: { event: 'installation', payload, repo: null, installation } };
}
