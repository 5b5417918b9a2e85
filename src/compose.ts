/** Config -> adapters -> workflow -> edges. The only file that sees every adapter; tests and the demo call it too. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createCollector } from './artifacts/collector.ts';
import { directoryStore } from './artifacts/directory-store.ts';
import { keyFor } from './artifacts/key.ts';
import { s3Store } from './artifacts/s3-store.ts';
import { openBuilders, type PoolNodes } from './builders/builders.ts';
import { fileLogs } from './builders/logs.ts';
import { gitSources } from './builders/sources.ts';
import type { Check } from './commands/check.ts';
import { type Config, catalogueOf } from './config/config.ts';
import { defaultLimits } from './domain/tarball-policy.ts';
import type { Pacing } from './github/client.ts';
import { createGitHub } from './github/github.ts';
import { translateEvent } from './handlers/translate.ts';
import { createWebhookRoute } from './handlers/webhook-route.ts';
import { directoryPublisher } from './ingest/directory-publisher.ts';
import { createSpool } from './ingest/spool.ts';
import type { ArtifactStore, JobListener, Log, Transport } from './ports.ts';
import { openQueue } from './queue/queue.ts';
import { startEmbeddedPostgres } from './store/embedded.ts';
import { openRecords } from './store/records.ts';
import { localTransport } from './transport/local.ts';
import { sshTransport } from './transport/ssh.ts';
import { createWeb } from './web/web.ts';
import { handleJob } from './workflow/handle-job.ts';
import { jobListener } from './workflow/job-ended.ts';
import { reconcile } from './workflow/reconcile.ts';
import type { ServedRepository, World } from './workflow/world.ts';

const RECONCILE_EVERY_MS = 60_000;

/** A bot that runs. */
export interface RunningStratobot {
  /** Where it listens. */
  url: string;
  /** For tests and the demo, which look at the rows. */
  world: World;
  /** Takes nothing new, ends what is in hand, closes every connection. */
  close(reason: string): Promise<void>;
}

/**
 * Starts everything a configuration names; what was begun before a crash goes on.
 * @param tools `pacing`: another budget for writes to GitHub than github.com asks for
 */
export async function startStratobot(
  config: Config,
  { log, pacing }: { log: Log; pacing?: Pacing },
): Promise<RunningStratobot> {
  const closing: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse())
      await close().catch((err) => log.warn({ err }, 'a part did not close'));
  };
  try {
    const databaseUrl = await openDatabase(config, log, closing);
    const { records, close: closeRecords, health } = await openRecords({ databaseUrl, log });
    closing.push(closeRecords);
    const queue = await openQueue({
      databaseUrl,
      ...(config.storage.redisUrl ? { redisUrl: config.storage.redisUrl } : {}),
      log,
    });
    closing.push(() => queue.close());

    const clock = { now: () => Date.now() };
    const github = createGitHub({ ...config.github, ...(pacing ? { pacing } : {}), log });
    // The builders tell of jobs to a workflow that needs the builders: the listener is filled in when both are there.
    let listener: JobListener | null = null;
    const builders = openBuilders({
      instance: config.instance,
      pools: await Promise.all(config.pools.map((pool) => poolNodes(pool, log))),
      listener: {
        log: async (...told) => listener?.log(...told),
        ended: async (...told) => listener?.ended(...told),
      },
      clock,
      log,
    });
    closing.push(() => builders.close());
    const store = artifactStore(config, log);
    const { limits, storage } = config;
    const tarballs = { ...defaultLimits, bytes: limits.tarballBytes, members: limits.tarballMembers };
    const world: World = {
      clock,
      log,
      records,
      queue: queue.queue,
      github,
      sources: gitSources({ dataDir: storage.dataDir, access: (repo) => github.gitAccess(repo), log }),
      builders,
      logs: fileLogs(join(storage.dataDir, 'logs')),
      store,
      collector: createCollector({ store, limits: tarballs, log }),
      spool: createSpool({ dir: join(storage.dataDir, 'spool'), store, limits: tarballs, log }),
      publishers: new Map(
        config.publishers.map(({ repository, root }) => [
          repository,
          directoryPublisher({ root, transport: localTransport(), log }),
        ]),
      ),
      translate: translateEvent,
      catalogue: catalogueOf(config),
      served: new Map(
        config.softwareRepositories.map((repository) => [repository.github, served(repository)]),
      ),
      publicUrl: config.server.publicUrl,
      gitUrl: config.github.gitUrl,
      artifactKey: (artifact) => keyFor(config.artifacts.keyPrefix, artifact),
      hostname: hostname(),
    };
    listener = jobListener(world);
    await queue.work((job) => handleJob(world, job));

    const server = createServer(await routes(config, world, () => health()));
    const url = await listen(server, config);
    closing.push(() => closeServer(server));
    await reconcile(world, true);
    const timer = setInterval(() => {
      reconcile(world).catch((err) => log.warn({ err }, 'could not compare the rows with the world'));
    }, RECONCILE_EVERY_MS);
    closing.push(async () => clearInterval(timer));
    return { url, world, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Reading is for everyone; what changes something is for whom the configuration names. */
function served({ staging, permissions, deny }: Config['softwareRepositories'][number]): ServedRepository {
  const everyone = { everyone: true, logins: [], teams: [], role: null };
  return {
    staging,
    permissions: { denied: deny, rules: { ...permissions, status: everyone, help: everyone } },
  };
}

async function openDatabase(config: Config, log: Log, closing: (() => Promise<unknown>)[]): Promise<string> {
  if (config.storage.databaseUrl !== null) return config.storage.databaseUrl;
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.storage.dataDir, 'postgres'), log });
  closing.push(() => postgres.stop());
  return postgres.databaseUrl;
}

async function poolNodes(pool: Config['pools'][number], log: Log): Promise<PoolNodes> {
  const nodes = await Promise.all(
    pool.nodes.map(async ({ name, slots, ssh }) => ({
      name,
      slots,
      jobsDir: pool.jobsDir,
      transport: await transportTo(ssh, log),
    })),
  );
  return {
    name: pool.name,
    nodes,
    timeLimitSeconds: pool.timeLimitSeconds,
    site: pool.site,
    skipTests: pool.skipTests,
    ...(pool.reposCfgDir === null ? {} : { reposCfgDir: pool.reposCfgDir }),
  };
}

async function transportTo(
  ssh: Config['pools'][number]['nodes'][number]['ssh'],
  log: Log,
): Promise<Transport> {
  if (ssh === null) return localTransport();
  const { host, port, user, hostKey, identityFile } = ssh;
  return sshTransport({
    host,
    port,
    user,
    hostKey,
    identity: { privateKey: await readFile(identityFile) },
    log,
  });
}

function artifactStore({ artifacts }: Config, log: Log): ArtifactStore {
  if (artifacts.kind === 'directory') return directoryStore(artifacts);
  const { endpoint, region, bucket, pathStyle, publicUrl, accessKeyId, secretAccessKey } = artifacts;
  return s3Store({
    ...(endpoint === null ? {} : { endpoint }),
    region,
    bucket,
    forcePathStyle: pathStyle,
    publicUrl,
    credentials: { accessKeyId, secretAccessKey },
    log,
  });
}

/** The webhook's door first, then the pages; anything else is not here. */
async function routes(config: Config, world: World, database: () => Promise<void>) {
  const { records, queue, clock, log, logs } = world;
  const { webhookSecret, appId, privateKey } = config.github;
  const webhooks = await createWebhookRoute({ webhookSecret, appId, privateKey, records, queue, clock, log });
  const health = async () => {
    const answers = await database().then(
      () => true,
      () => false,
    );
    return { ok: answers, parts: { database: answers } };
  };
  const web = createWeb({
    instance: config.instance,
    publicUrl: config.server.publicUrl,
    records,
    logs,
    health,
    log,
  });
  return (request: IncomingMessage, response: ServerResponse) => {
    (async () => {
      if ((await webhooks(request, response)) || (await web(request, response))) return;
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('There is nothing here.\n');
    })().catch((err) => {
      log.error({ err, url: request.url }, 'a request could not be answered');
      response.destroy();
    });
  };
}

async function listen(server: Server, { server: { host, port } }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

const CHECK_TIMEOUT_MS = 15_000;
/** What the job's runner and the collection use on a node. */
const NODE_TOOLS = ['bash', 'tar', 'setsid', 'timeout'];

/** What `stratobot doctor` looks at: each node, the database, the artifact store, GitHub. */
export async function* checkWorld(config: Config, log: Log = silentLog): AsyncIterable<Check> {
  for (const pool of config.pools) {
    for (const node of pool.nodes) {
      const remedy = `it must be reachable, and have ${NODE_TOOLS.join(', ')}`;
      yield check(`node ${pool.name}/${node.name}`, remedy, async () => {
        const transport = await transportTo(node.ssh, log);
        const script =
          'for tool; do command -v "$tool" >/dev/null || { echo "$tool is missing"; exit 1; }; done; uname -sm';
        try {
          const { code, stdout } = await transport.exec(['sh', '-c', script, 'sh', ...NODE_TOOLS], {
            timeoutMs: CHECK_TIMEOUT_MS,
          });
          if (code !== 0) throw new Error(stdout.toString().trim());
          return stdout.toString().trim();
        } finally {
          await transport.close();
        }
      });
    }
  }
  yield check('database', 'see DATABASE_URL; without it the data folder must be writable', async () => {
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const { close } = await openRecords({ databaseUrl: await openDatabase(config, log, closing), log });
      await close();
      return config.storage.databaseUrl === null ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL';
    } finally {
      for (const close of closing) await close();
    }
  });
  yield check('artifact store', 'see `artifacts` in the configuration and its secrets', async () => {
    await artifactStore(config, log).open('stratobot-doctor/nothing');
    return config.artifacts.kind === 's3' ? `bucket ${config.artifacts.bucket}` : config.artifacts.root;
  });
  for (const { github, staging } of config.softwareRepositories) {
    for (const repo of [github, staging]) {
      yield check(
        `GitHub ${repo}`,
        'install the App on it; see STRATOBOT_PRIVATE_KEY and github.app_id',
        async () => {
          await createGitHub({ ...config.github, log }).gitAccess(repo);
          return 'the App is installed';
        },
      );
    }
  }
}

async function check(name: string, remedy: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await look(), remedy: null };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), remedy };
  }
}

const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
