/** Config -> adapters -> workflow -> edges. The only file that sees every adapter; tests and the demo call it too. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createCollector } from './artifacts/collector.ts';
import { fixedPrefix, keyFor, logKeyFor } from './artifacts/key.ts';
import { storedLogs } from './artifacts/stored-logs.ts';
import { openBuilders } from './builders/builders.ts';
import { fileLogs } from './builders/logs.ts';
import { gitSources } from './builders/sources.ts';
import {
  artifactSigner,
  artifactStore,
  type Closing,
  openDatabase,
  openPublishers,
  poolNodes,
  signatureRules,
} from './compose/adapters.ts';
import { alone } from './compose/alone.ts';
import { serve } from './compose/http.ts';
import { permissionsOf } from './config/assemble.ts';
import { type Config, catalogueOf } from './config/config.ts';
import { defaultLimits } from './domain/tarball-policy.ts';
import { readEasystack } from './easystack/read.ts';
import type { Pacing } from './github/client.ts';
import { createGitHub } from './github/github.ts';
import { reachOf } from './github/reach.ts';
import { isHandled, translateEvent } from './handlers/translate.ts';
import { strataOf } from './ingest/cvmfs/stratum.ts';
import { createSpool } from './ingest/spool.ts';
import type { JobListener, Log } from './ports.ts';
import { openQueue } from './queue/queue.ts';
import { openRecords } from './store/records.ts';
import { logKeys } from './web/log/keys.ts';
import { createCatchUp } from './workflow/catch-up.ts';
import { handleJob } from './workflow/handle-job.ts';
import { jobListener } from './workflow/job-ended.ts';
import { createHousekeeper } from './workflow/keep-house.ts';
import { reconcile } from './workflow/reconcile.ts';
import { RightsMemory } from './workflow/rights-memory.ts';
import type { ServedRepository, World } from './workflow/world.ts';

/** How often a bot looks by itself, ms. */
export interface Pulse {
  /** At the rows, for what stands still. */
  reconcileMs: number;
  /** Into GitHub's log of deliveries, for what did not arrive. */
  catchUpMs: number;
}

const PULSE: Pulse = { reconcileMs: 60_000, catchUpMs: 5 * 60_000 };

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
 * @param tools `pacing`: another budget for writes to GitHub than github.com asks for; `pulse`: how often it looks by itself
 */
export async function startStratobot(
  config: Config,
  { log, pacing, pulse = PULSE }: { log: Log; pacing?: Pacing; pulse?: Pulse },
): Promise<RunningStratobot> {
  const closing: Closing = [];
  let draining = false;
  const closeAll = async () => {
    draining = true;
    for (const close of closing.splice(0).reverse())
      await close().catch((err) => log.warn({ err }, 'a part did not close'));
  };
  try {
    const clock = { now: () => Date.now() };
    const databaseUrl = await openDatabase(config, log, closing);
    // Whatever was lost with a connection is found by the rows; before the start has looked at them nothing is.
    let again: () => void = () => undefined;
    const onReturn = () => again();
    const { records, close: closeRecords, health } = await openRecords({ databaseUrl, log, clock, onReturn });
    closing.push(closeRecords);
    const queue = await openQueue({
      databaseUrl,
      ...(config.storage.redisUrl ? { redisUrl: config.storage.redisUrl } : {}),
      log,
      onReturn,
    });
    closing.push(() => queue.close());

    const reach = reachOf(config.softwareRepositories);
    const github = createGitHub({ ...config.github, ...(pacing ? { pacing } : {}), reach, log });
    const pools = await Promise.all(config.pools.map((pool) => poolNodes(pool, log)));
    for (const { transport } of pools.flatMap((pool) => pool.nodes)) closing.push(() => transport.close());
    // The builders tell of jobs to a workflow that needs the builders: the listener is filled in when both are there.
    let listener: JobListener | null = null;
    const builders = openBuilders({
      instance: config.instance,
      pools,
      listener: {
        log: async (...told) => listener?.log(...told),
        ended: async (...told) => listener?.ended(...told),
        waiting: async (...told) => listener?.waiting?.(...told),
      },
      clock,
      log,
      logLimitBytes: config.limits.logBytes,
    });
    closing.push(() => builders.close());
    const store = artifactStore(config, log);
    const signer = artifactSigner(config);
    const { limits, storage } = config;
    const tarballs = { ...defaultLimits, bytes: limits.tarballBytes, members: limits.tarballMembers };
    const keys = logKeys(config.github.webhookSecret);
    const world: World = {
      clock,
      startedAt: clock.now(),
      log,
      records,
      queue: queue.queue,
      github,
      sources: gitSources({
        dataDir: storage.dataDir,
        access: (repo) => github.gitAccess(repo),
        alone: (mirror, work) => alone(records, `mirror:${hostname()}:${mirror}`, work),
        log,
      }),
      builders,
      logs: storedLogs(fileLogs(join(storage.dataDir, 'logs')), {
        store,
        keyOf: records.remains.logKey,
        log,
      }),
      store,
      collector: createCollector({ store, limits: tarballs, log, ...(signer ? { signer } : {}) }),
      sign: signer === null ? null : (text) => signer.sign(text),
      spool: createSpool({
        dir: join(storage.dataDir, 'spool'),
        store,
        limits: tarballs,
        signatures: signatureRules(config),
        log,
      }),
      publishers: await openPublishers(config, { clock, log, closing }),
      strata: new Map(
        config.stratum1.map(({ repository, ...strata }) => [repository, strataOf(repository, strata)]),
      ),
      translate: translateEvent,
      isHandled: (event, action) => isHandled(event, { action }),
      readEasystack,
      catalogue: catalogueOf(config),
      served: new Map(
        config.softwareRepositories.map((repository) => [repository.github, served(repository)]),
      ),
      rights: new RightsMemory(),
      logLinks: async (repo) => {
        const isPublic = await github.isPublic(repo);
        const page = (id: number) => `${config.server.publicUrl}/builds/${id}/log`;
        return (id) => (isPublic ? page(id) : `${page(id)}?key=${keys.of(id)}`);
      },
      gitUrl: config.github.gitUrl,
      artifactKey: (artifact) => keyFor(config.artifacts.keyPrefix, artifact),
      logKey: (build) => logKeyFor(config.artifacts.keyPrefix, build),
      keyPrefix: fixedPrefix(config.artifacts.keyPrefix),
      presigned: new Set(
        config.pools.filter(({ collect }) => collect === 'presigned').map(({ name }) => name),
      ),
      nearlyFull: new Set(),
      housekeeping: new Map(config.pools.map((pool) => [pool.name, pool])),
      logsHereMs: config.limits.logsHereSeconds * 1000,
      hostname: hostname(),
      keepWebhooksMs: limits.keepWebhooksSeconds * 1000,
      mostBuilds: {
        pool: (name) => config.pools.find((pool) => pool.name === name)?.mostBuilds ?? null,
        pull: config.limits.buildsPerPullRequest,
        person: config.limits.buildsPerPerson,
      },
      timeLimitSeconds: (name) => config.pools.find((pool) => pool.name === name)?.timeLimitSeconds ?? 0,
    };
    listener = jobListener(world);
    await queue.work((job) => handleJob(world, job));

    const housekeeper = createHousekeeper(world);
    const catchUp = createCatchUp(world, pulse.catchUpMs);
    const server = await serve(config, world, {
      database: health,
      disks: housekeeper.roomEverywhere,
      draining: () => draining,
    });
    closing.push(server.close);
    // Another bot on this database follows the jobs that this one followed, at once.
    closing.push(() => reconcile(world));
    // First of all, while everything a job may need is there; webhooks go on being recorded, for whoever works next.
    closing.push(() => queue.drain());
    closing.push(() => housekeeper.close());
    closing.push(() => catchUp.close());
    let atStart = true;
    const compare = async () => {
      try {
        await reconcile(world, atStart);
        atStart = false;
      } catch (err) {
        log.warn({ err }, 'could not compare the rows with the world');
      }
    };
    await compare();
    housekeeper.pass();
    catchUp.pass();
    again = () => {
      if (!draining) void compare();
    };
    const timer = setInterval(() => {
      again();
      housekeeper.pass();
      catchUp.pass();
    }, pulse.reconcileMs);
    closing.push(async () => clearInterval(timer));
    return { url: server.url, world, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function served(repository: Config['softwareRepositories'][number]): ServedRepository {
  const { deny: _, ...rest } = repository;
  return { ...rest, permissions: permissionsOf(repository) };
}
