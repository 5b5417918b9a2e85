/** The configuration file, key by key. Strict: what is not named here is a mistake somebody should hear of. */
import { z } from 'zod';
import { UPLOAD_POLICIES } from '../domain/artifact.ts';
import { DEFAULT_REQUEST_LIMITS } from '../domain/request-limits.ts';
import { KEY_PLACEHOLDERS, SITE_KEYS } from './config.ts';
import * as leaf from './leaves.ts';
import { hints } from './leaves.ts';

const listOf = <T extends z.ZodType>(item: T, expected: string, example?: string) =>
  z.array(item).register(hints, example === undefined ? { expected } : { expected, example });

const rule = z
  .strictObject({
    logins: listOf(leaf.login, 'a list of GitHub logins', '[maria]').default([]),
    teams: listOf(leaf.team, 'a list of teams', "['EESSI/builders']").default([]),
    role: z
      .enum(['triage', 'write', 'maintain', 'admin'])
      .register(hints, { expected: 'one of `triage`, `write`, `maintain`, `admin`', example: 'maintain' })
      .optional(),
    everyone: leaf.flag.default(false),
    deny: listOf(leaf.login, 'a list of GitHub logins', '[some-login]').default([]),
  })
  .register(hints, {
    expected: 'who may do it, with the keys `logins`, `teams`, `role`, `everyone`, `deny`',
    example: "{ teams: ['EESSI/builders'] }",
  });

const upload = z
  .enum(UPLOAD_POLICIES)
  .register(hints, { expected: 'one of `all`, `latest`, `once`, `none`', example: 'latest' });

const softwareRepository = z.strictObject({
  github: leaf.githubRepository,
  staging: leaf.githubRepository,
  permissions: z.strictObject({
    build: rule,
    cancel: rule.optional(),
    priority: rule.optional(),
    deploy: rule,
    despite_tests: rule.optional(),
    approve: rule,
    by_repository: listOf(
      z.strictObject({
        repositories: listOf(leaf.plainName, 'a list of ids from `repositories`').min(1),
        build: rule.optional(),
        cancel: rule.optional(),
        priority: rule.optional(),
        deploy: rule.optional(),
        despite_tests: rule.optional(),
        approve: rule.optional(),
      }),
      'a list of further rules, each with its `repositories`',
    ).default([]),
  }),
  approvals: leaf.count(10, '2').default(1),
  upload: upload.optional(),
  deny: listOf(leaf.login, 'a list of GitHub logins', '[some-login]').default([]),
  labels: z
    .strictObject({
      building: leaf.label.optional(),
      built: leaf.label.optional(),
      failed: leaf.label.optional(),
      deployed: leaf.label.optional(),
    })
    .prefault({}),
  greeting: leaf.flag.default(false),
  chatter: z
    .enum(['quiet', 'normal', 'chatty'])
    .register(hints, { expected: 'one of `quiet`, `normal`, `chatty`', example: 'normal' })
    .default('normal'),
  speaker: leaf.flag.default(true),
  built_elsewhere: listOf(leaf.cpu, 'a list of CPU paths', '[aarch64/neoverse_n1]').default([]),
  summary_check: leaf.checkName.optional(),
  rerun_checks: listOf(leaf.label, 'a list of names of checks', '[ci]').default([]),
  easystacks: listOf(
    z.strictObject({ path: leaf.pathPattern, repository: leaf.plainName.optional() }),
    'a list of rules, each with a `path`',
  ).optional(),
  point_out: listOf(leaf.pathPattern, 'a list of patterns of paths', "['bot/**']").optional(),
  far_behind: leaf.count(1_000_000, '50').default(50),
});

const repositoryTarget = z.strictObject({
  id: leaf.plainName,
  name: leaf.cvmfsName,
  version: leaf.stackVersion,
  container: leaf.container.default(''),
});

const sshHost = {
  host: leaf.host,
  port: leaf.port.default(22),
  user: leaf.user,
  host_key: leaf.hostKey,
  identity_file: leaf.localPath.optional(),
  passphrase_file: leaf.localPath.optional(),
};

const ssh = z.strictObject({
  ...sshHost,
  agent: leaf.agent.optional(),
  jump: listOf(z.strictObject(sshHost), 'a list of hosts on the way, the first one first').default([]),
});

const local = z.literal(true).register(hints, { expected: '`true`', example: 'true' }).optional();

const node = z.strictObject({
  name: leaf.plainName,
  slots: leaf.count(1000, '1').default(1),
  ssh: ssh.optional(),
  local,
});

const site = z.strictObject(
  Object.fromEntries(SITE_KEYS.map((key) => [key, leaf.siteValue.optional()])) as Record<
    (typeof SITE_KEYS)[number],
    z.ZodOptional<typeof leaf.siteValue>
  >,
);

const pool = z.strictObject({
  name: leaf.plainName,
  os: z
    .enum(['linux', 'macos'])
    .register(hints, { expected: '`linux` or `macos`', example: 'linux' })
    .default('linux'),
  arch: leaf.cpu,
  builds_for: listOf(leaf.cpu, 'a list of CPU paths', '[x86_64/amd/zen2]').optional(),
  accelerators: listOf(leaf.accelerator, 'a list of accelerators', '[nvidia/cc80]').default([]),
  repositories: listOf(leaf.plainName, 'a list of ids from `repositories`').optional(),
  scheduler: z
    .enum(['process', 'slurm'])
    .register(hints, { expected: '`process` or `slurm`', example: 'slurm' })
    .default('process'),
  sbatch_options: listOf(
    leaf.sbatchOption,
    'a list of options for sbatch',
    "['--partition=zen2', '--mem=16G']",
  ).optional(),
  nice: z
    .int()
    .min(0)
    .max(19)
    .register(hints, { expected: 'a whole number from 0 to 19', example: '10' })
    .optional(),
  ionice: z
    .int()
    .min(0)
    .max(7)
    .register(hints, { expected: 'a whole number from 0 to 7', example: '7' })
    .optional(),
  memory: leaf.byteSize.optional(),
  most_builds: leaf.count(100_000, '4').optional(),
  time_limit: leaf.duration.default(24 * 3600),
  jobs_dir: leaf.nodePath,
  retain: leaf.duration.default(7 * 24 * 3600),
  retain_failed: leaf.duration.optional(),
  min_free: leaf.byteSize.default(10 * 2 ** 30),
  collect: z
    .enum(['stream', 'presigned'])
    .register(hints, { expected: '`stream` or `presigned`', example: 'stream' })
    .default('stream'),
  skip_tests: leaf.flag.default(false),
  repos_cfg_dir: leaf.localPath.optional(),
  site: site.prefault({}),
  nodes: listOf(node, 'a list of nodes').min(1),
});

/** `${name}` for the placeholders; else what is safe in a key: no empty part, no `.` or `..`. */
const keyPrefix = z
  .string()
  .refine((text) => {
    const filled = text.replace(/\$\{(\w+)\}/g, (whole, name) =>
      (KEY_PLACEHOLDERS as readonly string[]).includes(name) ? 'x' : whole,
    );
    return filled.split('/').every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part));
  })
  .register(hints, {
    expected: `a path of letters, digits, \`.\`, \`_\`, \`-\` and the placeholders ${KEY_PLACEHOLDERS.map((name) => `\`\${${name}}\``).join(', ')}`,
    example: "'${github_repository}/${pull_request_number}/${build_id}'",
  })
  .default('${github_repository}/${pull_request_number}/${build_id}');

const s3 = z.strictObject({
  endpoint: leaf.webUrl.optional(),
  region: leaf.plainName.default('us-east-1'),
  bucket: leaf.plainName,
  path_style: leaf.flag.default(false),
  public_url: leaf.webUrl.optional(),
  key_prefix: keyPrefix,
});

const artifactDirectory = z.strictObject({
  root: leaf.localPath,
  base_url: leaf.webUrl,
  key_prefix: keyPrefix,
});

const cvmfs = z.strictObject({
  ssh: ssh.optional(),
  local,
  stratum0_url: leaf.webUrl,
  state_dir: leaf.serverPath,
  cvmfs_server: leaf.serverCommand.default('cvmfs_server'),
  mount_root: leaf.serverPath.default('/cvmfs'),
  storage: leaf.storage.default('/srv/cvmfs'),
  cache_hook: listOf(
    leaf.argument,
    'a command with its arguments, one text each',
    '[/usr/local/bin/renew-caches]',
  ).default([]),
  wait_for_others: leaf.duration.default(600),
  wait_for_web: leaf.duration.default(120),
});

const publisher = z.strictObject({
  repository: leaf.cvmfsName,
  cvmfs: cvmfs.optional(),
  directory: z.strictObject({ root: leaf.localPath }).optional(),
  allowed_signers: leaf.localPath.optional(),
  unsigned: z
    .enum(['refuse', 'accept'])
    .register(hints, { expected: '`refuse` or `accept`', example: 'refuse' })
    .default('refuse'),
});

const stratum1 = z.strictObject({
  repository: leaf.cvmfsName,
  within: leaf.duration.default(2 * 3600),
  servers: listOf(
    z.strictObject({ name: leaf.plainName, url: leaf.webUrl }),
    'a list of servers',
    '[{ name: eu-1, url: http://stratum1.example.org }]',
  ).min(1),
});

const limits = z.strictObject({
  webhook_bytes: leaf.byteSize.default(25 * 2 ** 20),
  tarball_bytes: leaf.byteSize.default(200 * 2 ** 30),
  tarball_members: leaf.count(100_000_000, '2000000').default(2_000_000),
  log_bytes: leaf.byteSize.default(64 * 2 ** 20),
  logs_here: leaf.duration.default(30 * 24 * 3600),
  comment_length: leaf.count(1_000_000, '65536').default(DEFAULT_REQUEST_LIMITS.commentLength),
  commands_per_comment: leaf.count(1000, '20').default(DEFAULT_REQUEST_LIMITS.commandsPerComment),
  builds_per_request: leaf.count(100_000, '200').default(DEFAULT_REQUEST_LIMITS.buildsPerRequest),
  builds_per_pull_request: leaf.count(100_000, '8').optional(),
  builds_per_person: leaf.count(100_000, '400').default(400),
  keep_webhooks: leaf.duration.default(30 * 24 * 3600),
});

export const configFile = z.strictObject({
  instance: leaf.instanceName,
  server: z.strictObject({
    host: leaf.host.default('127.0.0.1'),
    port: leaf.port.default(3000),
    public_url: leaf.webUrl,
  }),
  github: z.strictObject({
    app_id: z.int().min(1).register(hints, { expected: "the App's id, a whole number", example: '12345' }),
    api_url: leaf.webUrl.default('https://api.github.com'),
    git_url: leaf.webUrl.default('https://github.com'),
  }),
  software_repositories: listOf(softwareRepository, 'a list with at least one repository').min(1),
  repositories: listOf(repositoryTarget, 'a list with at least one repository target').min(1),
  pools: listOf(pool, 'a list with at least one pool').min(1),
  exports: listOf(leaf.variable, 'a list of variable names', '[SKIP_TESTS]').default([]),
  artifacts: z.strictObject({
    s3: s3.optional(),
    directory: artifactDirectory.optional(),
    upload: upload.default('all'),
  }),
  publishers: listOf(publisher, 'a list of publishers'),
  stratum1: listOf(stratum1, 'a list with an entry for each repository').default([]),
  limits: limits.prefault({}),
});

/** What the file says once it is parsed, names as in the file. */
export type ConfigFile = z.output<typeof configFile>;
