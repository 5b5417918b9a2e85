import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobHandle } from '../domain/build.ts';
import { Permanent } from '../domain/errors.ts';
import type { Builders, Clock, JobListener, JobSpec, Log, Transport } from '../ports.ts';
import { measureArtifact, openArtifact, readResults, uploadArtifact } from './collection.ts';
import { Follower, type WaitingListener } from './follow.ts';
import { removeDirectory, spaceOf } from './housekeeping.ts';
import { jobFiles, jobName, type SiteConfig } from './job-directory.ts';
import { type ProcessOptions, processScheduler } from './process-scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { type SlurmOptions, slurmScheduler } from './slurm-scheduler.ts';
import type { SmallFile } from './small-tar.ts';

/** Build nodes of one kind, and what the site says about them. */
export interface PoolNodes {
  name: string;
  nodes: readonly {
    name: string;
    /** Jobs at once. */
    slots: number;
    transport: Transport;
    /** Absolute path on the node; each job gets a folder in it. */
    jobsDir: string;
  }[];
  /** How jobs run on the nodes; default `process`. With Slurm a node is a login node. */
  scheduler?: 'process' | ({ kind: 'process' } & ProcessOptions) | ({ kind: 'slurm' } & SlurmOptions);
  timeLimitSeconds: number;
  site: SiteConfig;
  /** A folder of this machine with `repos.cfg` and the bundles it names; copied into every job's `cfg`. */
  reposCfgDir?: string;
  /** Jobs get SKIP_TESTS=yes. */
  skipTests?: boolean;
}

export interface BuildersOptions {
  /** Name of this Stratobot; part of the job directories' names. */
  instance: string;
  pools: readonly PoolNodes[];
  listener: JobListener & WaitingListener;
  clock: Clock;
  log: Log;
  /** The bot keeps so much of a log, default 64 MiB. */
  logLimitBytes?: number;
}

interface Node {
  name: string;
  slots: number;
  jobsDir: string;
  pool: PoolNodes;
  transport: Transport;
  scheduler: Scheduler;
  follower: Follower;
}

const LOG_LIMIT_BYTES = 64 * 1024 * 1024;

export interface OpenBuilders extends Builders {
  /** Ends the following of jobs; the jobs go on, and the transports stay open: they belong to whoever opened them. */
  close(): Promise<void>;
}

/** Build nodes behind the Builders port. A node is called `pool/node`. */
export function openBuilders(options: BuildersOptions): OpenBuilders {
  const nodes = new Map<string, Node>(
    options.pools.flatMap((pool) =>
      pool.nodes.map((node) => [`${pool.name}/${node.name}`, open(pool, node)] as const),
    ),
  );

  function crowd(): number {
    return [...nodes.values()].reduce((sum, { follower }) => sum + follower.size, 0);
  }

  function open(pool: PoolNodes, node: PoolNodes['nodes'][number]): Node {
    const name = `${pool.name}/${node.name}`;
    if (!node.jobsDir.startsWith('/'))
      throw new Permanent(`the jobs' folder of ${name} is not an absolute path`);
    const { listener, log, clock, logLimitBytes = LOG_LIMIT_BYTES } = options;
    const how = typeof pool.scheduler === 'object' ? pool.scheduler : { kind: 'process' as const };
    const scheduler =
      how.kind === 'process'
        ? processScheduler(name, node.transport, how)
        : slurmScheduler(name, node.transport, log, how);
    const follower = new Follower({ node: name, scheduler, listener, log, clock, logLimitBytes, crowd });
    return { ...node, name, pool, scheduler, follower };
  }

  function nodeOf(name: string): Node {
    const node = nodes.get(name);
    if (node === undefined) throw new Permanent(`there is no build node ${name} in the configuration`);
    return node;
  }

  const nameOf = (buildId: number) => jobName(options.instance, buildId);
  const directoryOf = (node: Node, buildId: number) => `${node.jobsDir}/${nameOf(buildId)}`;

  return {
    nodes() {
      return [...nodes.values()].map(({ name, slots, pool, transport }) => {
        const { state, detail, setAsideUntil } = transport.health();
        const refusal = state === 'refused' ? detail : null;
        return { name, pool: pool.name, slots, unreachableUntil: setAsideUntil, refusal };
      });
    },

    async start(spec: JobSpec): Promise<JobHandle> {
      const { build, repository, target, pull } = spec;
      const node = nodeOf(spec.node);
      const { site, timeLimitSeconds, skipTests = false, reposCfgDir } = node.pool;
      const directory = directoryOf(node, build.id);
      const job = await node.scheduler.start({
        buildId: build.id,
        directory,
        mark: nameOf(build.id),
        limitSeconds: timeLimitSeconds,
        localTmp: site.local_tmp ?? '',
        siteScript: site.site_config_script ?? '',
        skipTests,
        open: () => spec.source.open(),
        files: jobFiles({
          pool: node.pool.name,
          site,
          repository,
          target,
          exports: build.exports,
          pull,
          work: `${directory}/work`,
          repos: reposCfgDir === undefined ? [] : await filesIn(reposCfgDir),
        }),
      });
      return { node: node.name, directory, job };
    },

    async find(buildId, name) {
      const node = nodeOf(name);
      const directory = directoryOf(node, buildId);
      const job = await node.scheduler.find(directory, nameOf(buildId));
      return job === null ? null : { node: name, directory, job };
    },

    follow({ buildId, handle, logOffset }) {
      const { directory, job } = handle;
      nodeOf(handle.node).follower.follow({ buildId, directory, job, offset: logOffset });
    },

    seen(buildId) {
      return [...nodes.values()].flatMap(({ follower }) => follower.seen(buildId) ?? [])[0] ?? null;
    },

    async stop(buildId, name) {
      const node = nodeOf(name);
      return node.scheduler.stop(directoryOf(node, buildId), nameOf(buildId));
    },

    async results(buildId, handle) {
      const { transport, scheduler } = nodeOf(handle.node);
      return readResults(transport, handle.directory, scheduler.jobId(buildId, handle.job));
    },

    async openArtifact(handle, name) {
      return openArtifact(nodeOf(handle.node).transport, `${handle.directory}/work`, name);
    },

    async measureArtifact(handle, name) {
      return measureArtifact(nodeOf(handle.node).transport, `${handle.directory}/work`, name);
    },

    async uploadArtifact(handle, name, to) {
      return uploadArtifact(nodeOf(handle.node).transport, `${handle.directory}/work`, name, to);
    },

    async remove(buildId, name) {
      const node = nodeOf(name);
      const directory = directoryOf(node, buildId);
      if (!(await node.scheduler.stop(directory, nameOf(buildId)))) return false;
      await removeDirectory(node.transport, name, directory);
      return true;
    },

    space() {
      const asked = [...nodes.values()].map(({ name, transport, jobsDir }) =>
        spaceOf(transport, name, jobsDir).catch((error: Error) => ({ node: name, error })),
      );
      return Promise.all(asked);
    },

    async close() {
      await Promise.all([...nodes.values()].map((node) => node.follower.close()));
    },
  };
}

/** The regular files of a folder; small ones, of the site's own. */
async function filesIn(folder: string): Promise<SmallFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ name }) => ({ path: name, content: await readFile(join(folder, name)) })),
  );
}
