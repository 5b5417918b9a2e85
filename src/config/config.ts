/** The whole configuration of one running Stratobot: checked, complete, every default filled in. */
import type { UploadPolicy } from '../domain/artifact.ts';
import type { Chatter } from '../domain/chatter.ts';
import type { ChangeRules } from '../domain/easystack-paths.ts';
import type { BuildLabels } from '../domain/pull-labels.ts';
import type { RequestLimits } from '../domain/request-limits.ts';
import type { Catalogue, PoolOffer, RepositoryTarget } from '../domain/target.ts';
import type { Role } from '../ports.ts';

export interface Config {
  /** Name of this Stratobot, as in `inst:`. */
  instance: string;
  server: {
    host: string;
    port: number;
    /** Where people and GitHub reach it; no slash at the end. */
    publicUrl: string;
  };
  github: {
    appId: number;
    /** REST API, no slash at the end: `https://api.github.com`. */
    apiUrl: string;
    /** What repositories are cloned from, no slash at the end: `https://github.com`. */
    gitUrl: string;
    /** PEM of the App's private key; parsed once, so known to be readable. */
    privateKey: string;
    webhookSecret: string;
  };
  softwareRepositories: SoftwareRepository[];
  repositories: RepositoryTarget[];
  pools: Pool[];
  /** Variables that `export:` may set. */
  exports: string[];
  artifacts: ArtifactSettings;
  /** One for each CernVM-FS repository. */
  publishers: PublisherSettings[];
  /** At most one for each CernVM-FS repository. */
  stratum1: Stratum1Settings[];
  /** Absolute path of the private key that signs artifacts; null: they are not signed. */
  signingKeyFile: string | null;
  limits: Limits;
  storage: {
    /** Null: an embedded PostgreSQL in the data folder. */
    databaseUrl: string | null;
    /** Null: the queue runs on PostgreSQL too. */
    redisUrl: string | null;
    /** Absolute path. */
    dataDir: string;
  };
}

/** A GitHub repository where people comment. */
export interface SoftwareRepository {
  /** `owner/name`. */
  github: string;
  /** `owner/name` of the repository where deploy PRs are opened. */
  staging: string;
  permissions: Record<Action, PermissionRule[]>;
  /** Approvals by different people that a deploy takes; at least 1. */
  approvals: number;
  /** Which artifacts are kept in the store. */
  upload: UploadPolicy;
  /** Logins that may do nothing, whatever else is true of them; lower case. */
  deny: string[];
  /** Set on a pull request as its builds stand. */
  labels: BuildLabels;
  /** Set on a pull request whose deploy was published. */
  deployedLabel: string | null;
  /** Whether a pull request is greeted when it is opened. */
  greeting: boolean;
  chatter: Chatter;
  /** Whether this instance answers what is for none in particular: help, mistakes, people without rights. */
  speaker: boolean;
  /** CPU targets that other instances build here, of which this one does not complain. */
  builtElsewhere: string[];
  /** Name of the one check of a head that a rule of the branch can ask for. */
  summaryCheck: string;
  /** Jobs of GitHub Actions, run again when clients can have the revision. */
  rerunChecks: string[];
  changes: ChangeRules;
}

type Action = 'build' | 'cancel' | 'priority' | 'deploy' | 'despite_tests' | 'approve';

/** Who may do something: one that fits is enough. An empty rule lets nobody in. */
export interface PermissionRule {
  /** Lower case. */
  logins: string[];
  /** `org/slug`. */
  teams: string[];
  /** At least this role in the repository; null: no role is enough by itself. */
  role: Role | null;
  everyone: boolean;
  /** Who may not, whoever else lets them; lower case. */
  denied: string[];
  /** Ids of the repository targets it is about; null: all. */
  repositories: string[] | null;
}

/** A kind of build node: what it builds on, how it is reached, how many jobs at once. */
export interface Pool extends PoolOffer {
  /** How jobs run: as processes of a node, or through Slurm, whose login nodes `nodes` are then. */
  scheduler:
    | { kind: 'process'; nice: number; ionice?: number; memoryBytes?: number }
    | { kind: 'slurm'; options: string[] };
  /** Most builds at once on the whole pool; null: as many as its nodes have slots. */
  mostBuilds: number | null;
  /** A job that runs longer is ended. */
  timeLimitSeconds: number;
  /** Absolute path on the nodes. */
  jobsDir: string;
  /** How long a job's folder stays on its node after the end. */
  retainSeconds: { failed: number; others: number };
  /** A node with less room for jobs than this is reported. */
  minFreeBytes: number;
  /** Whether artifacts pass through the bot, or nodes upload them to S3 themselves. */
  collect: 'stream' | 'presigned';
  skipTests: boolean;
  /** Absolute path of a local folder that is copied into `cfg/` of a job; null: none. */
  reposCfgDir: string | null;
  /** The keys of `[site_config]` in `job.cfg` that are set, spelled as there. */
  site: Partial<Record<SiteKey, string>>;
  nodes: PoolNode[];
}

export const SITE_KEYS = [
  'build_logs_dir',
  'container_cachedir',
  'http_proxy',
  'https_proxy',
  'load_modules',
  'local_tmp',
  'shared_fs_path',
  'site_config_script',
] as const;

type SiteKey = (typeof SITE_KEYS)[number];

interface PoolNode {
  name: string;
  /** Jobs at once. */
  slots: number;
  /** Null: this machine. */
  ssh: SshSettings | null;
}

export interface SshSettings extends SshHost {
  /** Hosts on the way, the first one first. */
  jump: SshHost[];
}

interface SshHost {
  host: string;
  port: number;
  user: string;
  /** The only key the host may show: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  identity: SshIdentity;
}

/** A private key with what opens it, or the absolute path of an agent's socket. */
export type SshIdentity = { privateKey: string; passphrase?: string } | { agent: string };

export type ArtifactSettings = {
  /** Start of an artifact's key, with the placeholders of KEY_PLACEHOLDERS. */
  keyPrefix: string;
} & (
  | {
      kind: 's3';
      /** Null: Amazon's for the region. */
      endpoint: string | null;
      region: string;
      bucket: string;
      pathStyle: boolean;
      /** Start of the address people fetch artifacts from, no slash at the end. */
      publicUrl: string;
      accessKeyId: string;
      secretAccessKey: string;
    }
  | {
      kind: 'directory';
      /** Absolute path. */
      root: string;
      /** Where the folder is served, no slash at the end. */
      baseUrl: string;
    }
);

/** What `key_prefix` may hold, as `${name}`. */
export const KEY_PLACEHOLDERS = [
  'github_repository',
  'pull_request_number',
  'build_id',
  'legacy_aws_path',
] as const;

type PublisherSettings = {
  /** The CernVM-FS repository: `software.eessi.io`. */
  repository: string;
  /** Absolute path of the `allowed_signers` file; null: signatures are not looked at. */
  allowedSigners: string | null;
  /** What an artifact without a signature is. */
  unsigned: 'refuse' | 'accept';
} & (
  | {
      kind: 'directory';
      /** Absolute path. */
      root: string;
    }
  | CvmfsSettings
);

/** A Stratum 0 and what is where on it; paths are absolute and on it. */
export interface CvmfsSettings {
  kind: 'cvmfs';
  /** Null: this machine. */
  ssh: SshSettings | null;
  /** What stands before `/cvmfs/<repository>` on its web server, no slash at the end. */
  stratum0Url: string;
  /** For journals and joined tars. */
  stateDir: string;
  cvmfsServer: string;
  /** What holds the mounted repositories: `/cvmfs`. */
  mountRoot: string;
  /** What holds the objects; null: not a disk. */
  storage: string | null;
  /** A command and its first arguments; empty: none. */
  cacheHook: string[];
  /** How long somebody else's transaction is waited for. */
  othersSeconds: number;
  /** How long the web server may take to show a revision. */
  webSeconds: number;
}

interface Stratum1Settings {
  /** The CernVM-FS repository. */
  repository: string;
  /** How long a revision may take to get to them. */
  withinMs: number;
  /** `url`: what stands before `/cvmfs/<repository>`, no slash at the end. */
  servers: { name: string; url: string }[];
}

interface Limits extends RequestLimits {
  /** The largest body of a webhook that is read. */
  webhookBytes: number;
  tarballBytes: number;
  tarballMembers: number;
  logBytes: number;
  /** How long a log that is in the artifact store stays in the data folder as well. */
  logsHereSeconds: number;
  /** Most builds of one pull request at once; null: as many as there are slots. */
  buildsPerPullRequest: number | null;
  /** Most builds that one person asked for and that wait or run, whatever the pull request. */
  buildsPerPerson: number;
  /** How long payloads of webhooks are kept after they were dealt with. */
  keepWebhooksSeconds: number;
}

/** What commands can refer to on this instance. */
export function catalogueOf(
  config: Pick<Config, 'instance' | 'pools' | 'repositories' | 'exports' | 'limits'>,
): Catalogue {
  return {
    instance: config.instance,
    pools: config.pools,
    repositories: config.repositories,
    exportable: config.exports,
    limits: config.limits,
  };
}
