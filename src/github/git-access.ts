import { z } from 'zod';
import type { GitHub } from '../ports.ts';
import type { Api } from './api.ts';

const installationToken = z.object({ token: z.string() });

/** Git over HTTPS. The token leaves this process, so it can read this one repository and nothing else. */
export function gitAccess(api: Api, gitUrl: string): Pick<GitHub, 'gitAccess'> {
  return {
    gitAccess: (repo) =>
      api.onRepository(repo, async (octokit, at) => {
        const narrow = { repositoryNames: [at.repo], permissions: { contents: 'read' } };
        const { token } = installationToken.parse(await octokit.auth({ type: 'installation', ...narrow }));
        return { url: `${gitUrl}/${repo}.git`, token };
      }),
  };
}
