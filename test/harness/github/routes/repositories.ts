/** Repositories, people and what they may do. */
import { refused } from '../errors.ts';
import type { Account } from '../model.ts';
import { renderFullRepository } from '../render/repository.ts';
import { renderProfile, renderUser } from '../render/user.ts';
import { type ApiAnswer, type ApiRequest, ok, param, type Route } from './route.ts';

export const repositoryRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}',
    needs: 'metadata:read',
    handle: ({ world, repo }) => ok(renderFullRepository(world, repo)),
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/collaborators/{username}/permission',
    needs: 'metadata:read',
    handle: collaboratorPermission,
  },
  {
    method: 'GET',
    template: '/orgs/{org}/teams/{team_slug}/memberships/{username}',
    needs: 'members:read',
    handle: teamMembership,
  },
  {
    method: 'GET',
    template: '/users/{username}',
    needs: 'metadata:read',
    handle: (request) => ok(renderProfile(request.world, accountOf(request))),
  },
  { method: 'GET', template: '/rate_limit', needs: 'metadata:read', handle: rateLimit },
];

function accountOf(request: ApiRequest): Account {
  const account = request.world.accounts.get(param(request, 'username').toLowerCase());
  if (account === undefined) throw refused(404, 'Not Found');
  return account;
}

/** The older `permission` knows four levels, `role_name` all. */
function collaboratorPermission(request: ApiRequest): ApiAnswer {
  const { world, repo } = request;
  const account = accountOf(request);
  if (account.type !== 'User') throw refused(404, `${account.login} is not a user`);
  const role = world.permission(repo, account);
  const coarse = role === 'triage' ? 'read' : role === 'maintain' ? 'write' : role;
  const levels = ['read', 'triage', 'write', 'maintain', 'admin'];
  const at = levels.indexOf(role);
  const has = (level: string) => at >= levels.indexOf(level);
  return ok({
    permission: coarse,
    role_name: role,
    user: {
      ...renderUser(world, account),
      permissions: {
        admin: has('admin'),
        maintain: has('maintain'),
        push: has('write'),
        triage: has('triage'),
        pull: has('read'),
      },
      role_name: role,
    },
  });
}

function teamMembership(request: ApiRequest): ApiAnswer {
  const { world } = request;
  const [org, slug, login] = ['org', 'team_slug', 'username'].map((name) =>
    param(request, name).toLowerCase(),
  );
  if (request.token?.installation.account.login.toLowerCase() !== org) throw refused(404, 'Not Found');
  if (!world.teams.get(`${org}/${slug}`)?.has(login ?? '')) throw refused(404, 'Not Found');
  const url = `${world.url}/orgs/${org}/teams/${slug}/memberships/${login}`;
  return ok({ state: 'active', role: 'member', url });
}

function rateLimit({ world }: ApiRequest): ApiAnswer {
  const reset = Math.floor(world.milliseconds() / 1000) + 3600;
  const core = { limit: 5000, used: 0, remaining: 5000, reset };
  const search = { limit: 30, used: 0, remaining: 30, reset };
  return ok({ resources: { core, search }, rate: core });
}
