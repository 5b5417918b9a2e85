/** From the parsed file and the secrets to the Config: names, defaults that depend on others, absolute paths. */
import { resolve } from 'node:path';
import { DEFAULT_EASYSTACKS, DEFAULT_POINT_OUT } from '../domain/easystack-paths.ts';
import type { Permissions } from '../domain/permission.ts';
import type { RequestLimits } from '../domain/request-limits.ts';
import type { Catalogue, PoolOffer } from '../domain/target.ts';
import type {
  ArtifactSettings,
  Config,
  PermissionRule,
  Pool,
  SoftwareRepository,
  SshSettings,
} from './config.ts';
import type { ConfigFile } from './schema.ts';
import type { Secrets } from './secrets.ts';
import type { Identities, SshPlace } from './ssh-identities.ts';

/** @param folder what relative paths in the file start from @param identities of every host that is reached by SSH */
export function assemble(
  file: ConfigFile,
  secrets: Secrets,
  identities: Identities,
  folder: string,
  dataDir: string,
): Config {
  return {
    instance: file.instance,
    server: { host: file.server.host, port: file.server.port, publicUrl: file.server.public_url },
    github: {
      appId: file.github.app_id,
      apiUrl: file.github.api_url,
      gitUrl: file.github.git_url,
      privateKey: secrets.privateKey,
      webhookSecret: secrets.webhookSecret,
    },
    softwareRepositories: file.software_repositories.map((repository) =>
      toSoftwareRepository(repository, file),
    ),
    repositories: file.repositories,
    pools: file.pools.map((pool) => toPool(pool, file, folder, identities)),
    exports: file.exports,
    artifacts: toArtifacts(file.artifacts, secrets, folder),
    publishers: file.publishers.map((publisher) => toPublisher(publisher, folder, identities)),
    stratum1: file.stratum1.map(({ repository, within, servers }) => ({
      repository,
      withinMs: within * 1000,
      servers,
    })),
    signingKeyFile: secrets.signingKeyFile,
    limits: {
      webhookBytes: file.limits.webhook_bytes,
      tarballBytes: file.limits.tarball_bytes,
      tarballMembers: file.limits.tarball_members,
      logBytes: file.limits.log_bytes,
      logsHereSeconds: file.limits.logs_here,
      ...requestLimits(file),
      buildsPerPullRequest: file.limits.builds_per_pull_request ?? null,
      buildsPerPerson: file.limits.builds_per_person,
      keepWebhooksSeconds: file.limits.keep_webhooks,
    },
    storage: { databaseUrl: secrets.databaseUrl, redisUrl: secrets.redisUrl, dataDir },
  };
}

/** Reading is for everyone; what changes something is for whom the configuration names. */
export function permissionsOf({
  permissions,
  deny,
}: Pick<SoftwareRepository, 'permissions' | 'deny'>): Permissions {
  const everyone = [{ everyone: true, logins: [], teams: [], role: null, denied: [], repositories: null }];
  return { denied: deny, rules: { ...permissions, status: everyone, help: everyone } };
}

/** The rules as they are written, with those that are taken from others. */
export function rulesOf(
  repository: ConfigFile['software_repositories'][number],
): SoftwareRepository['permissions'] {
  const { build, cancel = build, deploy, priority = deploy, approve } = repository.permissions;
  const { by_repository: narrower, despite_tests: despiteTests = deploy } = repository.permissions;
  const rules = (action: RuledAction, general: RuleInFile) => [
    toRule(general, null),
    ...narrower.flatMap((one) => {
      const rule = ruleFor(one, action);
      return rule === undefined ? [] : [toRule(rule, one.repositories)];
    }),
  ];
  return {
    build: rules('build', build),
    cancel: rules('cancel', cancel),
    priority: rules('priority', priority),
    despite_tests: rules('despite_tests', despiteTests),
    deploy: rules('deploy', deploy),
    approve: rules('approve', approve),
  };
}

/** What the summary of the instance that speaks for all begins with: a rule of the branch need not know its name. */
const SPEAKER = 'stratobot';

function toSoftwareRepository(
  repository: ConfigFile['software_repositories'][number],
  { instance, artifacts }: Pick<ConfigFile, 'instance' | 'artifacts'>,
): SoftwareRepository {
  const { deployed = null, building = null, built = null, failed = null } = repository.labels;
  return {
    github: repository.github,
    staging: repository.staging,
    permissions: rulesOf(repository),
    approvals: repository.approvals,
    upload: repository.upload ?? artifacts.upload,
    deny: repository.deny,
    labels: { building, built, failed },
    deployedLabel: deployed,
    greeting: repository.greeting,
    chatter: repository.chatter,
    speaker: repository.speaker,
    builtElsewhere: repository.built_elsewhere,
    summaryCheck: repository.summary_check ?? `${repository.speaker ? SPEAKER : instance} / summary`,
    rerunChecks: repository.rerun_checks,
    changes: {
      easystacks:
        repository.easystacks?.map(({ path, repository: id = null }) => ({ path, repository: id })) ??
        DEFAULT_EASYSTACKS,
      pointOut: repository.point_out ?? DEFAULT_POINT_OUT,
      farBehind: repository.far_behind,
    },
  };
}

type RuleInFile = ConfigFile['software_repositories'][number]['permissions']['build'];
type NarrowRules = ConfigFile['software_repositories'][number]['permissions']['by_repository'][number];
type RuledAction = Exclude<keyof NarrowRules, 'repositories'>;

/** What is left out follows the same as in the rules for all repositories. */
function ruleFor(rules: NarrowRules, action: RuledAction): RuleInFile | undefined {
  if (action === 'cancel') return rules.cancel ?? rules.build;
  if (action === 'priority') return rules.priority ?? rules.deploy;
  if (action === 'despite_tests') return rules.despite_tests ?? rules.deploy;
  return rules[action];
}

function toRule(rule: RuleInFile, repositories: string[] | null): PermissionRule {
  const { logins, teams, role = null, everyone, deny: denied } = rule;
  return { logins, teams, role, everyone, denied, repositories };
}

/** What failed is looked into, some of it only after the holidays. */
const RETAIN_FAILED_SECONDS = 30 * 24 * 3600;

/** What commands can refer to: all of it is in the file, no secret is needed. */
export function offered(file: ConfigFile): Catalogue {
  const pools = file.pools.map((pool) => toOffer(pool, file));
  return {
    instance: file.instance,
    pools,
    repositories: file.repositories,
    exportable: file.exports,
    limits: requestLimits(file),
  };
}

function requestLimits({ limits }: Pick<ConfigFile, 'limits'>): RequestLimits {
  return {
    commentLength: limits.comment_length,
    commandsPerComment: limits.commands_per_comment,
    buildsPerRequest: limits.builds_per_request,
  };
}

function toOffer(pool: ConfigFile['pools'][number], file: ConfigFile): PoolOffer {
  return {
    name: pool.name,
    os: pool.os,
    cpu: pool.arch,
    buildsFor: pool.builds_for ?? [pool.arch],
    accelerators: pool.accelerators,
    repositories: pool.repositories ?? file.repositories.map((repository) => repository.id),
  };
}

function toPool(
  pool: ConfigFile['pools'][number],
  file: ConfigFile,
  folder: string,
  identities: Identities,
): Pool {
  return {
    ...toOffer(pool, file),
    scheduler:
      pool.scheduler === 'slurm'
        ? { kind: 'slurm', options: pool.sbatch_options ?? [] }
        : {
            kind: 'process',
            nice: pool.nice ?? 0,
            ...(pool.ionice === undefined ? {} : { ionice: pool.ionice }),
            ...(pool.memory === undefined ? {} : { memoryBytes: pool.memory }),
          },
    mostBuilds: pool.most_builds ?? null,
    timeLimitSeconds: pool.time_limit,
    jobsDir: pool.jobs_dir,
    retainSeconds: {
      failed: pool.retain_failed ?? Math.max(pool.retain, RETAIN_FAILED_SECONDS),
      others: pool.retain,
    },
    minFreeBytes: pool.min_free,
    collect: pool.collect,
    skipTests: pool.skip_tests,
    reposCfgDir: pool.repos_cfg_dir === undefined ? null : resolve(folder, pool.repos_cfg_dir),
    site: Object.fromEntries(Object.entries(pool.site).filter(([, value]) => value !== undefined)),
    nodes: pool.nodes.map((node) => ({
      name: node.name,
      slots: node.slots,
      ssh: toSsh(node.ssh, identities),
    })),
  };
}

function toPublisher(
  publisher: ConfigFile['publishers'][number],
  folder: string,
  identities: Identities,
): Config['publishers'][number] {
  const { repository, directory, cvmfs, allowed_signers, unsigned } = publisher;
  const allowedSigners = allowed_signers === undefined ? null : resolve(folder, allowed_signers);
  const common = { repository, allowedSigners, unsigned };
  if (directory !== undefined) return { ...common, kind: 'directory', root: resolve(folder, directory.root) };
  if (cvmfs === undefined)
    throw new Error('a publisher has neither a folder nor a Stratum 0 after the checks');
  return {
    ...common,
    kind: 'cvmfs',
    ssh: toSsh(cvmfs.ssh, identities),
    stratum0Url: cvmfs.stratum0_url,
    stateDir: cvmfs.state_dir,
    cvmfsServer: cvmfs.cvmfs_server,
    mountRoot: cvmfs.mount_root,
    storage: cvmfs.storage === false ? null : cvmfs.storage,
    cacheHook: cvmfs.cache_hook,
    othersSeconds: cvmfs.wait_for_others,
    webSeconds: cvmfs.wait_for_web,
  };
}

function toSsh(
  ssh: ConfigFile['pools'][number]['nodes'][number]['ssh'],
  identities: Identities,
): SshSettings | null {
  if (ssh === undefined) return null;
  return { ...toHost(ssh, identities), jump: ssh.jump.map((hop) => toHost(hop, identities)) };
}

function toHost(host: SshPlace, identities: Identities) {
  const identity = identities.get(host);
  if (identity === undefined) throw new Error('a host has no identity after the checks');
  return { host: host.host, port: host.port, user: host.user, hostKey: host.host_key, identity };
}

function toArtifacts(artifacts: ConfigFile['artifacts'], secrets: Secrets, folder: string): ArtifactSettings {
  const { s3, directory } = artifacts;
  if (s3 !== undefined && secrets.s3 !== null) {
    return {
      kind: 's3',
      keyPrefix: s3.key_prefix,
      endpoint: s3.endpoint ?? null,
      region: s3.region,
      bucket: s3.bucket,
      pathStyle: s3.path_style,
      publicUrl: s3.public_url ?? bucketUrl(s3),
      ...secrets.s3,
    };
  }
  if (directory === undefined)
    throw new Error('artifacts have neither a bucket nor a folder after the checks');
  return {
    kind: 'directory',
    keyPrefix: directory.key_prefix,
    root: resolve(folder, directory.root),
    baseUrl: directory.base_url,
  };
}

/** Where S3 serves the bucket, by path or by host name. */
function bucketUrl(s3: NonNullable<ConfigFile['artifacts']['s3']>): string {
  const endpoint = s3.endpoint ?? `https://s3.${s3.region}.amazonaws.com`;
  return s3.path_style ? `${endpoint}/${s3.bucket}` : endpoint.replace('://', `://${s3.bucket}.`);
}
