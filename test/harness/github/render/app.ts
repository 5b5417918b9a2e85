import type { Installation, Json } from '../model.ts';
import type { World } from '../world.ts';
import { nodeId } from './ids.ts';
import { renderUser } from './user.ts';

export function slug(world: World): string {
  return world.app.botLogin.replace(/\[bot\]$/, '');
}

/** The App itself, as comments and check runs carry it. */
export function renderApp(world: World): Json {
  return {
    id: world.app.id,
    slug: slug(world),
    node_id: nodeId('A', world.app.id),
    owner: renderUser(world, world.appOwner),
    name: slug(world),
    description: '',
    external_url: 'https://example.org',
    html_url: `${world.url}/apps/${slug(world)}`,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    permissions: world.app.permissions,
    events: world.app.events,
  };
}

export function renderInstallation(world: World, installation: Installation): Json {
  return {
    id: installation.id,
    account: renderUser(world, installation.account),
    repository_selection: 'all',
    access_tokens_url: `${world.url}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.url}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: slug(world),
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: world.app.permissions,
    events: world.app.events,
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: null,
  };
}
