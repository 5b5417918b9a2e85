import { z } from 'zod';
import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';
import { ifStatus } from './errors.ts';
import { CLONE } from './reach.ts';

const installationToken = z.object({ token: z.string() });

/** Git over HTTPS. The token leaves this process, so it can read this one repository and nothing else. */
export function gitAccess(api: Api, gitUrl: string): Pick<GitHub, 'gitAccess'> {
  return {
    gitAccess: (repo) =>
      api.onRepository(repo, async (octokit, at) => {
        const access = async (name: string, full: string) => {
          const narrow = { repositoryNames: [name], permissions: { ...CLONE } };
          const { token } = installationToken.parse(await octokit.auth({ type: 'installation', ...narrow }));
          return { url: `${gitUrl}/${full}.git`, token };
        };
        const given = await ifStatus(access(at.repo, repo), [422], null);
        if (given !== null) return given;
        // A token is given for no name but the one of today.
        const { data } = await octokit.rest.repos.get(at);
        return access(data.name, data.full_name);
      }),
  };
}
