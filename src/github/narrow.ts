/** Who a request comes from: the App itself, or its installation with a token that reaches no more than it needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAppAuth } from '@octokit/auth-app';
import { hasStatus, headerOf, OutOfReach } from './errors.ts';
import { NAMES, type Permissions } from './reach.ts';

/** What a client of an installation is for. */
export interface Reach {
  /** Null: no repository in particular. */
  at: { owner: string; repo: string } | null;
  permissions: Permissions;
}

/** Set on answers that came from where an old name leads. */
export const LED_ON = 'x-stratobot-led-on';

type Options = Parameters<typeof createAppAuth>[0] & { reach: Reach };
type Auth = ReturnType<typeof createAppAuth>;
type Hook = Auth['hook'];
type Request = Parameters<Hook>[0];

/** A token that was just made may not be known everywhere at GitHub yet. */
const FRESH_MS = 5_000;
const FRESH_PAUSE_MS = 1_000;

/** A strategy for Octokit. Where it asks for tokens and speaks as the App, the library's own does the work. */
export function narrowAuth({ reach, ...options }: Options) {
  const auth = createAppAuth(options);
  /** The repository's id, once its name in the configuration was found to be an old one. */
  let id: number | null = null;

  /** @param again asks GitHub, whatever is remembered */
  const tokenOf = async (request: Request, again = false) => {
    const { at, permissions } = reach;
    const ask = (repository: { repositoryNames?: string[]; repositoryIds?: number[]; refresh?: boolean }) =>
      auth({ type: 'installation', permissions: { ...permissions }, ...repository });
    if (at === null) return ask({});
    if (id === null && !again) {
      const byName = await refused(ask({ repositoryNames: [at.repo] }));
      if (byName !== null) return byName;
    }
    id ??= await idOf(request, at);
    const byId = await refused(ask({ repositoryIds: [id], refresh: again }));
    if (byId !== null) return byId;
    throw new OutOfReach(
      `The GitHub App is not installed on ${at.owner}/${at.repo}, or may do too little there`,
    );
  };

  /** Old names lead on to the repository, tokens are given for none of them. */
  const idOf = async (request: Request, at: { owner: string; repo: string }): Promise<number> => {
    const { token } = await auth({ type: 'installation', permissions: { ...NAMES } });
    const { data } = await request('GET /repos/{owner}/{repo}', {
      ...at,
      headers: { authorization: `token ${token}` },
    });
    return (data as { id: number }).id;
  };

  const hook = async (...[request, route, parameters]: Parameters<Hook>) => {
    const endpoint = request.endpoint.merge(route as string, parameters);
    if (isForApp(endpoint.url ?? '')) return auth.hook(request, route, parameters);
    const { token, createdAt } = await tokenOf(request);
    endpoint.headers.authorization = `token ${token}`;
    for (;;) {
      try {
        return await request(endpoint as never);
      } catch (error) {
        // A token outlives the transfer of its repository: whether there still is one for it tells a transfer from a refusal.
        const refusal = hasStatus(error, 403) || hasStatus(error, 404);
        if (refusal && headerOf(error, LED_ON) !== undefined) await tokenOf(request, true);
        if (!hasStatus(error, 401) || Date.now() - Date.parse(createdAt) > FRESH_MS) throw error;
        await sleep(FRESH_PAUSE_MS);
      }
    }
  };
  return Object.assign((asked: Parameters<Auth>[0]) => auth(asked as never), { hook });
}

/** Null when GitHub gives no token for this repository. */
async function refused<T>(asking: Promise<T>): Promise<T | null> {
  return asking.catch((error) => {
    if (hasStatus(error, 422)) return null;
    throw error;
  });
}

const isForApp = (url: string) => /\/app\/installations\/[^/]+\/access_tokens$/.test(url);
