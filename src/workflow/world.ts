import type { ArtifactName, UploadPolicy } from '../domain/artifact.ts';
import type { Chatter } from '../domain/chatter.ts';
import type { ReadEasystack } from '../domain/easystack.ts';
import type { ChangeRules } from '../domain/easystack-paths.ts';
import type { Permissions } from '../domain/permission.ts';
import type { BuildLabels } from '../domain/pull-labels.ts';
import type { Catalogue, RepositoryTarget } from '../domain/target.ts';
import type {
  ArtifactStore,
  Builders,
  Clock,
  Collector,
  GitHub,
  Log,
  LogStore,
  Publisher,
  Queue,
  Records,
  Sources,
  Spool,
  Strata,
  TranslateEvent,
} from '../ports.ts';
import type { RightsMemory } from './rights-memory.ts';

/** A GitHub repository this instance serves. */
export interface ServedRepository {
  /** Where its deploy PRs are opened, `owner/name`. */
  staging: string;
  /** Which artifacts of it are kept in the store. */
  upload: UploadPolicy;
  /** Put on a pull request as its builds stand. */
  labels: BuildLabels;
  /** Whether a pull request is greeted when it is opened. */
  greeting: boolean;
  chatter: Chatter;
  /** Whether this instance answers what is for none in particular; see domain/speaking.ts. */
  speaker: boolean;
  /** CPU targets that other instances build here. */
  builtElsewhere: readonly string[];
  /** Name of the check that a rule of the branch can ask for. */
  summaryCheck: string;
  /** Put on a pull request when its deploy is published; null: none. */
  deployedLabel: string | null;
  /** Jobs of GitHub Actions that are run again once a deploy is on all Stratum 1 servers. */
  rerunChecks: readonly string[];
  /** Approvals by different people that a deploy takes. */
  approvals: number;
  permissions: Permissions;
  changes: ChangeRules;
}

/** Everything a step needs of the world; made once by compose.ts. */
export interface World {
  clock: Clock;
  /** When this bot was started, unix ms. */
  startedAt: number;
  log: Log;
  records: Records;
  queue: Queue;
  github: GitHub;
  sources: Sources;
  builders: Builders;
  logs: LogStore;
  store: ArtifactStore;
  collector: Collector;
  /** Signs a text as artifacts are signed; null: they are not. */
  sign: ((text: string) => Promise<string>) | null;
  spool: Spool;
  /** By CernVM-FS repository. */
  publishers: ReadonlyMap<string, Publisher>;
  /** By CernVM-FS repository; those without Stratum 1 servers are left out. */
  strata: ReadonlyMap<string, Strata>;
  translate: TranslateEvent;
  /** Whether a webhook of this event and action is one that `translate` makes something of. */
  isHandled: (event: string, action: string | null) => boolean;
  /** Reads an easystack file; `file` is its path, for the problems. */
  readEasystack: (file: string, text: string) => ReadEasystack;
  catalogue: Catalogue;
  served: ReadonlyMap<string, ServedRepository>;
  /** Who was allowed what a moment ago. */
  rights: RightsMemory;
  /** Addresses of logs of builds of a repository, for its readers: where it is private they have a key in them. */
  logLinks: (repo: string) => Promise<(buildId: number) => string>;
  /** Where repositories are shown and cloned from, without a slash at the end: `https://github.com`. */
  gitUrl: string;
  /** Key in the artifact store for an artifact of a build. */
  artifactKey: (artifact: {
    repo: string;
    pullRequest: number;
    buildId: number;
    name: ArtifactName;
  }) => string;
  /** Key in the artifact store for the log of a build. */
  logKey: (build: { repo: string; pullRequest: number; buildId: number }) => string;
  /** What every key of this bot in the artifact store begins with; may be empty. */
  keyPrefix: string;
  /** For each pool how long a job's folder stays on its node after the end, s, and the least room for jobs, bytes. */
  housekeeping: ReadonlyMap<
    string,
    { retainSeconds: { failed: number; others: number }; minFreeBytes: number }
  >;
  /** Nodes with less room for jobs than their pool asks for, as the housekeeper saw last; it alone writes here. */
  nearlyFull: Set<string>;
  /** How long a log that is in the artifact store stays on this machine as well, ms. */
  logsHereMs: number;
  /** Pools whose nodes upload artifacts to the store themselves. */
  presigned: ReadonlySet<string>;
  /** Name of the machine the bot runs on, for the metadata of artifacts. */
  hostname: string;
  /** Time limit of a job in a pool; 0 for a pool that is not configured. */
  timeLimitSeconds: (pool: string) => number;
  /** How long payloads of webhooks are kept after they were dealt with, ms. */
  keepWebhooksMs: number;
  /**
   * Most builds at once, of a pool and of one pull request; null: as many as there are slots. `person`: most that one
   * person asked for and that wait or run.
   */
  mostBuilds: { pool: (name: string) => number | null; pull: number | null; person: number };
}

/** The repository target of a build; undefined when the configuration lost it since. */
export function repositoryTarget(world: World, id: string): RepositoryTarget | undefined {
  return world.catalogue.repositories.find((repository) => repository.id === id);
}
