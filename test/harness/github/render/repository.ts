import type { Json, Repository } from '../model.ts';
import { fullName, type World } from '../world.ts';
import { nodeId } from './ids.ts';
import { renderUser } from './user.ts';

/** Address templates of a repository, by field; `{/x}` parts are GitHub's. */
const addresses: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export function repositoryUrl(world: World, repo: Repository): string {
  return `${world.url}/repos/${fullName(repo)}`;
}

export function htmlUrl(world: World, repo: Repository): string {
  return `${world.url}/${fullName(repo)}`;
}

/** A repository as pull requests carry it. */
export function renderRepository(world: World, repo: Repository): Json {
  const api = repositoryUrl(world, repo);
  const html = htmlUrl(world, repo);
  const open = [...repo.issues.values()].filter((issue) => issue.state === 'open').length;
  const forks = [...world.repositories.values()].filter((other) => other.forkOf?.id === repo.id).length;
  const paths = Object.entries(addresses).map(([field, path]) => [field, `${api}${path}`]);
  return {
    id: repo.id,
    node_id: nodeId('R', repo.id),
    name: repo.name,
    full_name: fullName(repo),
    private: repo.isPrivate,
    owner: renderUser(world, repo.owner),
    html_url: html,
    description: null,
    fork: repo.forkOf !== null,
    url: api,
    ...Object.fromEntries(paths),
    created_at: repo.createdAt,
    updated_at: repo.pushedAt,
    pushed_at: repo.pushedAt,
    git_url: `${html}.git`,
    ssh_url: `git@${new URL(world.url).hostname}:${fullName(repo)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repo.isPrivate ? 'private' : 'public',
    forks,
    open_issues: open,
    watchers: 0,
    default_branch: repo.defaultBranch,
  };
}

/** The answer to "get a repository". */
export function renderFullRepository(world: World, repo: Repository): Json {
  return { ...renderRepository(world, repo), network_count: 0, subscribers_count: 0 };
}

/** A repository as webhooks carry it. */
export function renderWebhookRepository(world: World, repo: Repository): Json {
  return { ...renderRepository(world, repo), custom_properties: {} };
}
