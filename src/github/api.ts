/** Where a request goes: the installation of the App that covers the repository or organisation. */
import { Permanent } from '../domain/errors.ts';
import { type ClientOptions, createClients, type Octokit } from './client.ts';
import { domainError, ifStatus, isStale } from './errors.ts';
import type { Reach } from './narrow.ts';
import { everything, type Permissions, TEAMS, within } from './reach.ts';

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

export interface ApiOptions extends ClientOptions {
  /** What the bot does in a repository, by name. */
  reach?: (repo: string) => Permissions;
}

export function createApi({ reach = everything, ...options }: ApiOptions): Api {
  const { app, installation, requests } = createClients(options);
  // By repository or organisation: one that was transferred is under another installation than its owner's others.
  const known = new Map<string, Promise<Installation>>();

  function installationFor(subject: Subject): Promise<Installation> {
    const key = subject.name.toLowerCase();
    const found = known.get(key);
    if (found !== undefined) return found;
    const looking = ifStatus(subject.look(), [404], null).then((answer) => {
      if (answer === null) throw new Permanent(`The GitHub App is not installed for ${subject.name}`);
      const { id, app_slug, permissions } = answer.data;
      const { at, permissions: wanted } = subject.reach;
      const octokit = installation(id, { at, permissions: within(permissions, wanted) });
      return { octokit, botLogin: `${app_slug}[bot]` };
    });
    known.set(key, looking);
    looking.catch(() => known.delete(key));
    return looking;
  }

  /** Once more with a new look-up when the installation was stale: an App that was installed anew has another id. */
  async function run<T>(subject: Subject, work: (one: Installation) => Promise<T>): Promise<T> {
    const first = installationFor(subject);
    const key = subject.name.toLowerCase();
    try {
      return await first.then(work).catch((error) => {
        if (!isStale(error)) throw error;
        if (known.get(key) === first) known.delete(key);
        return installationFor(subject).then(work);
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
      const subject = { name, look, reach: { at, permissions: reach(name) } };
      return run(subject, (one) => work(one.octokit, at, one));
    },
    onOrganisation: (org, work) => {
      const look = () => app.rest.apps.getOrgInstallation({ org });
      return run({ name: org, look, reach: { at: null, permissions: TEAMS } }, (one) => work(one.octokit));
    },
  };
}

/** Whom the App speaks to as an installation: a repository or an organisation. */
interface Subject {
  name: string;
  look(): Promise<{ data: { id: number; app_slug: string; permissions: Permissions } }>;
  reach: Reach;
}
function placeOf(name: string): Place {
  const [owner, repo, ...rest] = name.split('/');
  if (!owner || !repo || rest.length > 0) throw new Permanent(`"${name}" is not owner/name of a repository`);
  return { owner, repo };
}
