/** One thing somebody does: who does it, and which webhooks it raises. */
import type { Account, Json, Repository } from './model.ts';
import { nodeId } from './render/ids.ts';
import { renderWebhookRepository } from './render/repository.ts';
import { renderOrganization, renderUser } from './render/user.ts';
import type { RaisedEvent } from './webhooks.ts';
import type { World } from './world.ts';

export class Act {
  readonly world: World;
  readonly actor: Account;
  readonly raised: RaisedEvent[] = [];

  constructor(world: World, actor: Account) {
    this.world = world;
    this.actor = actor;
  }

  /** Whether the App acts, not a person. */
  get viaApp(): boolean {
    return this.actor.id === this.world.bot.id;
  }

  /** Notes an event with its payload as of now; it is sent when the act is over. */
  raise(repo: Repository, event: string, fields: Json): void {
    const installation = this.world.installationOf(repo);
    const payload: Json = {
      ...fields,
      repository: renderWebhookRepository(this.world, repo),
      sender: renderUser(this.world, this.actor),
    };
    if (repo.owner.type === 'Organization') payload.organization = renderOrganization(this.world, repo.owner);
    if (installation !== undefined) {
      payload.installation = { id: installation.id, node_id: nodeId('IN', installation.id) };
    }
    this.raised.push({ event, payload, repo, installation });
  }
}
