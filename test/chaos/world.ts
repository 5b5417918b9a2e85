/** Everything around the bots that can be killed, as processes of their own: databases, queues, stores, nodes. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { anotherBot, COMPILED } from '../harness/bot-process.ts';
import { type CvmfsBench, cvmfsBench, publisherConfig } from '../harness/cvmfs-server/bench.ts';
import type { GitHubDouble } from '../harness/github/double.ts';
import { readFiles } from '../harness/github/files.ts';
import { type OpenSsh, startOpenSsh } from '../harness/openssh.ts';
import { type Slurm, startSlurm } from '../harness/slurm.ts';
import { freePort, type Surroundings, startSurroundings } from '../harness/surroundings.ts';
import { pools } from './config.ts';
import { keepEvidence } from './evidence.ts';
import { databaseUrl, killPostgres } from './postgres.ts';
import { type OwnEnd, type Supervised, supervise } from './supervised.ts';
import type { Illness, Victim } from './trouble.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const BOT = fileURLToPath(new URL('./bot.ts', import.meta.url));
const S3 = fileURLToPath(new URL('./s3-server.ts', import.meta.url));

/** So often somebody looks after the nodes of Slurm. */
const ROUNDS_MS = 2_000;

export interface ChaosWorld {
  around: Surroundings;
  github: GitHubDouble;
  cvmfs: CvmfsBench;
  slurm: Slurm;
  /** Folders with the jobs of a node each. */
  jobsDirs: readonly string[];
  /** Where build scripts write that they began and ended. */
  ledger: string;
  /** Where the S3 server has its objects. */
  objects: string;
  /** What each process printed, a file each. */
  logs: string;
  victims: readonly Victim[];
  /** The bots' own database. */
  databaseUrl(): Promise<string>;
  /** Kills one, and resolves when it is well again. */
  strike(victim: Victim, signal: 'SIGKILL' | 'SIGTERM', downMs: number): Promise<void>;
  /** Makes GitHub unwell for a while. */
  sicken(illness: Illness, requests: number, downMs: number): Promise<void>;
  ownEnds(): OwnEnd[];
  /** @param keep leaves the logs */
  close(keep: boolean): Promise<void>;
}

/** @param queue where the bots have their queue */
export async function startChaosWorld(queue: 'postgres' | 'redis'): Promise<ChaosWorld> {
  const closing: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close().catch((error) => console.error(error));
  };
  try {
    const slurm = await startSlurm();
    closing.push(() => slurm.close());
    const person = setInterval(() => void slurm.resumeDuplicates().catch(() => {}), ROUNDS_MS);
    closing.push(async () => clearInterval(person));
    const plain = await startOpenSsh();
    closing.push(() => plain.close());
    const login = await startOpenSsh({ env: { SLURM_CONF: join(slurm.root, 'slurm.conf') } });
    closing.push(() => login.close());
    const cvmfs = await cvmfsBench();
    closing.push(() => cvmfs.close());
    const nodes = await Promise.all(
      [plain, login].map(async (sshd, index) => {
        const folder = join(index === 0 ? sshd.root : slurm.root, 'jobs');
        await mkdir(folder);
        const identity = join(sshd.root, 'id_ed25519');
        await writeFile(identity, sshd.privateKey, { mode: 0o600 });
        return { sshd, folder, identity };
      }),
    );
    const files = await readFiles(fileURLToPath(new URL('repository', FIXTURES)));
    files['bot/build.sh'] = {
      content: await readFile(new URL('chaos/build.sh', FIXTURES)),
      mode: '100755',
    };
    const s3Port = await freePort();
    const around = await startSurroundings({
      repository: { files },
      nodes: 'local',
      store: 'directory',
      config: {
        pools: pools(nodes),
        artifacts: {
          s3: {
            endpoint: `http://127.0.0.1:${s3Port}`,
            bucket: 'artifacts',
            region: 'us-east-1',
            path_style: true,
          },
        },
        publishers: [publisherConfig(cvmfs)],
      },
    });
    closing.push(() => around.close());
    const ledger = join(around.dir, 'ledger');
    const objects = join(around.dir, 'objects');
    const logs = await mkdtemp(join(tmpdir(), 'stratobot-chaos-logs-'));
    for (const folder of [ledger, objects]) await mkdir(folder);
    await chmod(ledger, 0o777);
    await writeFile(join(ledger, 'jobs'), '', { mode: 0o666 });
    const env: NodeJS.ProcessEnv = {
      // What was compiled once is not compiled at each start.
      NODE_COMPILE_CACHE: COMPILED,
      ...around.env,
      NODE_NO_WARNINGS: '1',
      STRATOBOT_S3_ACCESS_KEY_ID: 'S3RVER',
      STRATOBOT_S3_SECRET_ACCESS_KEY: 'S3RVER',
    };
    const supervised = new Map<Victim, Supervised>();
    const watched = async (
      name: Victim,
      program: { argv: readonly [string, ...string[]]; env?: NodeJS.ProcessEnv; isWell(): Promise<boolean> },
    ) => {
      const one = await supervise({ env, name, logFile: join(logs, `${name}.log`), ...program });
      closing.push(() => one.stop());
      supervised.set(name, one);
    };
    await watched('s3', {
      argv: [process.execPath, S3, objects, String(s3Port)],
      isWell: () => answers(s3Port),
    });
    if (queue === 'redis') {
      const port = await freePort();
      env.REDIS_URL = `redis://127.0.0.1:${port}`;
      const folder = join(around.dir, 'redis');
      await mkdir(folder);
      await watched('redis', { argv: redis(port, folder), isWell: () => answers(port) });
    }
    const first = { configFile: around.configFile, env: around.env, botUrl: around.botUrl };
    const second = await anotherBot(around, 'the same folder');
    for (const [name, as] of [
      ['bot-1', first],
      ['bot-2', second],
    ] as const) {
      await watched(name, {
        argv: [process.execPath, BOT, as.configFile],
        isWell: async () => (await fetch(`${as.botUrl}/health`)).status > 0,
      });
    }
    around.github.setWebhookUrl(`${around.botUrl}/api/github/webhooks`);

    const sshds: Partial<Record<Victim, OpenSsh>> = { 'sshd-1': plain, 'sshd-2': login };
    const strike = async (victim: Victim, signal: 'SIGKILL' | 'SIGTERM', downMs: number) => {
      const sshd = sshds[victim];
      if (sshd !== undefined) {
        await sshd.crash();
        await delay(downMs);
        await sshd.restart();
      } else if (victim === 'slurmctld') {
        await slurm.crashController();
        await delay(downMs);
        await slurm.startController();
      } else if (victim === 'slurmd') {
        await slurm.killNode('zen3');
        await delay(downMs);
        await slurm.startNode('zen3');
      } else if (victim === 'postgres') await killPostgres(around.dir);
      else await supervised.get(victim)?.strike(signal, downMs);
    };
    return {
      around,
      github: around.github,
      cvmfs,
      slurm,
      jobsDirs: nodes.map(({ folder }) => folder),
      ledger,
      objects,
      logs,
      victims: [
        ...(['bot-1', 'bot-2', 'postgres', 's3', 'sshd-1', 'sshd-2', 'slurmctld', 'slurmd'] as const),
        ...(queue === 'redis' ? (['redis'] as const) : []),
      ],
      databaseUrl: () => databaseUrl(around.dir),
      strike,
      sicken: (...how) => sicken(around.github, ...how),
      ownEnds: () => [...supervised.values()].flatMap(({ ownEnds }) => ownEnds),
      async close(keep) {
        if (keep) await keepEvidence(around, slurm, ledger, logs).catch((error) => console.error(error));
        await closeAll();
        if (!keep) await rm(logs, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function redis(port: number, folder: string): readonly [string, ...string[]] {
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return ['redis-server', ...args, '--save', ''];
}

async function sicken(
  github: GitHubDouble,
  illness: Illness,
  requests: number,
  downMs: number,
): Promise<void> {
  const faults = {
    down: { drop: true, times: Number.MAX_SAFE_INTEGER },
    '502': { status: 502, times: requests },
    cut: { drop: true, times: requests },
    'answer lost': { drop: true, after: true, times: requests },
    slow: { hang: downMs, times: requests },
  };
  const heal = github.failNext(faults[illness]);
  await delay(downMs);
  heal();
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
