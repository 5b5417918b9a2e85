import type { Account, Json } from '../model.ts';
import type { World } from '../world.ts';
import { nodeId } from './ids.ts';

/** The owner, author or sender of anything. */
export function renderUser(world: World, account: Account): Json {
  const api = `${world.url}/users/${encodeURIComponent(account.login)}`;
  const appPage = account.type === 'Bot' ? 'apps/' : '';
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type.charAt(0), account.id),
    avatar_url: `${world.url}/avatars/${account.id}`,
    gravatar_id: '',
    url: api,
    html_url: `${world.url}/${appPage}${account.login.replace('[bot]', '')}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** The answer to "get a user". */
export function renderProfile(world: World, account: Account): Json {
  return {
    ...renderUser(world, account),
    name: account.login,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  };
}

export function renderOrganization(world: World, account: Account): Json {
  const api = `${world.url}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.id),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/${account.id}`,
    description: '',
  };
}
