import { Permanent } from '../domain/errors.ts';
import type { GitHub, Role } from '../ports.ts';
import type { Api } from './api.ts';
import { ifStatus } from './errors.ts';

const roles: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];
const isRole = (name: string | undefined): name is Role => roles.some((role) => role === name);

/** What people may do. Never cached: who lost a right must lose it here at once. */
export function permissions(api: Api): Pick<GitHub, 'role' | 'isTeamMember'> {
  return {
    role: (repo, login) =>
      api.onRepository(repo, async (octokit, at) => {
        const request = octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: login });
        const answer = await ifStatus(request, [404], null);
        if (answer === null) return 'none';
        // An organisation may name its own roles; `permission` then is the built-in one it stands on.
        const { role_name, permission } = answer.data;
        if (isRole(role_name)) return role_name;
        return isRole(permission) ? permission : 'none';
      }),

    isTeamMember: async (team, login) => {
      const [org, slug, ...rest] = team.split('/');
      if (!org || !slug || rest.length > 0) throw new Permanent(`"${team}" is not org/team`);
      return api.onOrganisation(org, async (octokit) => {
        const membership = { org, team_slug: slug, username: login };
        const answer = await ifStatus(octokit.rest.teams.getMembershipForUserInOrg(membership), [404], null);
        return answer?.data.state === 'active';
      });
    },
  };
}
