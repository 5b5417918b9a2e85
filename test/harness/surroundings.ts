import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { GitHubDouble } from './github/double.ts';
import type { Changes } from './github/model.ts';
import { type S3Server, startS3 } from './s3.ts';
import { newKey, type SshNode, startSshNode } from './ssh-node.ts';

/** What a Stratobot needs around it, with people in it: an organisation, a software repository, a staging repository, build nodes. */
export interface Surroundings {
  dir: string;
  github: GitHubDouble;
  nodes: { name: string; ssh: SshNode | null; jobsDir: string }[];
  s3: S3Server | null;
  /** A configuration file for all this, and the environment with its secrets. */
  configFile: string;
  env: Record<string, string>;
  /** Where the bot will listen. */
  botUrl: string;
  /** Lets every job go on whose behaviour is `wait`, in the repository of test/fixtures. */
  releaseAll(): Promise<void>;
  /** Where the directory publisher puts the content. */
  publishRoot: string;
  close(): Promise<void>;
}

export interface SurroundingsOptions {
  /** Files of the software repository: a folder, or texts by path. */
  repository: { fromDirectory: string } | { files: Changes };
  nodes: 'local' | 'ssh';
  store: 'directory' | 's3';
  /** How artifacts of the second pool are collected; those of the first one stream. */
  collect?: 'presigned';
  /** Whether the software repository is private. */
  isPrivate?: boolean;
  /** Opens the key that nodes are entered with; without one it is not locked. */
  passphrase?: string;
  /** Undefined: the bot starts its own PostgreSQL. */
  databaseUrl?: string;
  /** Changes to the configuration, laid over its top level. */
  config?: Record<string, unknown>;
}

export const SOFTWARE = 'stack/software-layer';
export const STAGING = 'stack/staging';

const POOLS = [
  { name: 'zen2', arch: 'x86_64/amd/zen2', node: 'node-1' },
  { name: 'n1', arch: 'aarch64/neoverse_n1', node: 'node-2' },
];

/** One key for every App of a process: making one takes longer than the rest of the start. */
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Starts everything around a bot; the bot itself is started by whoever calls this. */
export async function startSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  const dir = await mkdtemp(join(tmpdir(), 'stratobot-'));
  // As root the embedded PostgreSQL runs as another user, who must be able to reach its data.
  await chmod(dir, 0o711);
  // Its own: whoever looks for it in processes must not find those of other tests on this machine.
  const webhookSecret = randomBytes(24).toString('base64url');
  const privateKey = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const github = await GitHubDouble.start({
    dir: join(dir, 'github'),
    webhookSecret,
    publicKey: keys.publicKey,
    events: ['check_run', 'check_suite', 'issue_comment', 'pull_request', 'pull_request_review'],
  });
  await people(github, options);

  const identity = newKey(options.passphrase);
  const identityFile = join(dir, 'id_ed25519');
  await writeFile(identityFile, identity.private, { mode: 0o600 });
  const signing = newKey();
  const signingKeyFile = join(dir, 'signing_key');
  await writeFile(signingKeyFile, signing.private, { mode: 0o600 });
  const allowedSigners = join(dir, 'allowed_signers');
  await writeFile(allowedSigners, `demo-bot namespaces="demo-bot*" ${signing.public}\n`);
  const nodes = await Promise.all(
    POOLS.map(async ({ node: name }) => {
      const root = join(dir, name);
      const jobsDir = join(root, 'jobs');
      await mkdir(jobsDir, { recursive: true });
      const ssh =
        options.nodes === 'ssh' ? await startSshNode({ root, authorizedKey: identity.public }) : null;
      return { name, ssh, jobsDir };
    }),
  );
  const s3 = options.store === 's3' ? await startS3() : null;
  const port = await freePort();
  const publishRoot = join(dir, 'published');
  const configFile = join(dir, 'stratobot.yml');
  const config = {
    instance: 'demo-bot',
    server: { host: '127.0.0.1', port, public_url: `http://127.0.0.1:${port}` },
    github: { app_id: 4242, api_url: github.url, git_url: github.url },
    software_repositories: [
      {
        github: SOFTWARE,
        staging: STAGING,
        permissions: {
          build: { teams: ['stack/builders'] },
          cancel: { teams: ['stack/builders'] },
          deploy: { teams: ['stack/builders'] },
          approve: { teams: ['stack/ingest'] },
        },
      },
    ],
    repositories: [{ id: 'eessi.io-2025.06-software', name: 'software.eessi.io', version: '2025.06' }],
    pools: POOLS.map(({ name, arch }, index) => ({
      name,
      arch,
      jobs_dir: nodes[index]?.jobsDir,
      time_limit: '10m',
      ...(options.collect && index === 1 ? { collect: options.collect } : {}),
      nodes: [nodeConfig(nodes[index], identityFile)],
    })),
    exports: ['SKIP_TESTS'],
    artifacts: s3
      ? { s3: { endpoint: s3.endpoint, bucket: s3.bucket, region: 'us-east-1', path_style: true } }
      : { directory: { root: join(dir, 'artifacts'), base_url: 'https://artifacts.example.org' } },
    publishers: [
      { repository: 'software.eessi.io', directory: { root: publishRoot }, allowed_signers: allowedSigners },
    ],
    ...options.config,
  };
  await mkdir(publishRoot);
  await writeFile(configFile, stringify(config));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? dir,
    STRATOBOT_WEBHOOK_SECRET: webhookSecret,
    STRATOBOT_PRIVATE_KEY: privateKey,
    STRATOBOT_SIGNING_KEY_FILE: signingKeyFile,
    STRATOBOT_DATA: join(dir, 'data'),
    ...(options.passphrase ? { STRATOBOT_SSH_PASSPHRASE: options.passphrase } : {}),
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    ...(s3
      ? {
          STRATOBOT_S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          STRATOBOT_S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        }
      : {}),
  };
  return {
    dir,
    github,
    nodes,
    s3,
    configFile,
    env,
    publishRoot,
    botUrl: `http://127.0.0.1:${port}`,
    async releaseAll() {
      for (const { jobsDir } of nodes) {
        for (const job of await readdir(jobsDir)) await writeFile(join(jobsDir, job, 'release'), '');
      }
    },
    async close() {
      await Promise.all(nodes.map(({ ssh }) => ssh?.close()));
      await s3?.close();
      await github.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** jo contributes, maria maintains and may build, ana may approve, and so may max; eve is nobody. */
async function people(
  github: GitHubDouble,
  { repository, isPrivate = false }: SurroundingsOptions,
): Promise<void> {
  github.addOrg('stack');
  for (const login of ['jo', 'maria', 'ana', 'max', 'eve']) github.addUser(login);
  github.addTeam('stack/builders', ['maria', 'max']);
  github.addTeam('stack/ingest', ['ana', 'max', 'jo']);
  await github.createRepository(SOFTWARE, repository, { private: isPrivate });
  await github.createRepository(STAGING, { files: { 'README.md': '# What is put up for approval\n' } });
  github.setPermission(SOFTWARE, 'jo', 'write');
  github.setPermission(SOFTWARE, 'maria', 'maintain');
  for (const login of ['jo', 'maria', 'ana', 'max']) github.setPermission(STAGING, login, 'write');
  await github.installApp('stack');
}

function nodeConfig(node: Surroundings['nodes'][number] | undefined, identityFile: string) {
  if (!node?.ssh) return { name: node?.name, slots: 2, local: true };
  const { host, port, user, hostKey } = node.ssh;
  return {
    name: node.name,
    slots: 2,
    ssh: { host, port, user, host_key: hostKey, identity_file: identityFile },
  };
}

/** A port nobody listens on now; kept for a bot, so that it has the same address after a restart. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
