/** Where a request goes: the installation of the App that covers the repository or organisation. */
import { Permanent } from '../domain/errors.ts';
import { type ClientOptions, createClients, type Octokit } from './client.ts';
import { domainError, ifStatus, isStale } from './errors.ts';

interface Installation {
  octokit: Octokit;
  /** The login under which the App comments. */
  botLogin: string;
}

/** Names of a repository, as Octokit's methods take them. */
export type Place = { owner: string; repo: string };

type RepositoryWork<T> = (octokit: Octokit, at: Place, installation: Installation) => Promise<T>;

export interface Api {
  appId: number;
  /** Speaks as the App itself; its errors are as they come. */
  app: Octokit;
  /** Runs `work` as the App's installation on `owner/name`. Throws domain errors only. */
  onRepository<T>(repo: string, work: RepositoryWork<T>): Promise<T>;
  onOrganisation<T>(org: string, work: (octokit: Octokit) => Promise<T>): Promise<T>;
  requests(): number;
}

export function createApi(options: ClientOptions): Api {
  const { app, installation, requests } = createClients(options);
  // By owner: an App has one installation for an account, and one look-up serves all its repositories.
  const known = new Map<string, Promise<Installation>>();

  function installationOf(owner: string, look: LookUp): Promise<Installation> {
    const key = owner.toLowerCase();
    const found = known.get(key);
    if (found !== undefined) return found;
    const looking = ifStatus(look(), [404], null).then((answer) => {
      if (answer === null) throw new Permanent(`The GitHub App is not installed for ${owner}`);
      const { id, app_slug } = answer.data;
      return { octokit: installation(id), botLogin: `${app_slug}[bot]` };
    });
    known.set(key, looking);
    looking.catch(() => known.delete(key));
    return looking;
  }

  /** Once more with a new look-up when the installation was stale: an App that was installed anew has another id. */
  async function run<T>(owner: string, look: LookUp, work: (one: Installation) => Promise<T>): Promise<T> {
    const first = installationOf(owner, look);
    try {
      return await first.then(work).catch((error) => {
        if (!isStale(error)) throw error;
        if (known.get(owner.toLowerCase()) === first) known.delete(owner.toLowerCase());
        return installationOf(owner, look).then(work);
      });
    } catch (error) {
      throw domainError(error, Date.now());
    }
  }

  return {
    appId: options.appId,
    app,
    requests,
    onRepository: async (name, work) => {
      const at = placeOf(name);
      const look = () => app.rest.apps.getRepoInstallation(at);
      return run(at.owner, look, (one) => work(one.octokit, at, one));
    },
    onOrganisation: (org, work) =>
      run(
        org,
        () => app.rest.apps.getOrgInstallation({ org }),
        (one) => work(one.octokit),
      ),
  };
}

type LookUp = () => Promise<{ data: { id: number; app_slug: string } }>;

function placeOf(name: string): Place {
  const [owner, repo, ...rest] = name.split('/');
  if (!owner || !repo || rest.length > 0) throw new Permanent(`"${name}" is not owner/name of a repository`);
  return { owner, repo };
}
