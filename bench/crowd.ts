import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/store/embedded.ts';
import { openRecords } from '../src/store/records.ts';
import { startBotProcess } from '../test/harness/bot-process.ts';
import { silent } from '../test/harness/log.ts';
import { newKey } from '../test/harness/ssh-node.ts';
import { SOFTWARE, startSurroundings } from '../test/harness/surroundings.ts';
import { type Figure, figure, withGoal } from './report.ts';

const FAKE_NODES = fileURLToPath(new URL('fake-nodes.ts', import.meta.url));
const REPOSITORY = 'eessi.io-2025.06-software';
const NODES = 50;
const JOBS_PER_NODE = 20;
const PULL_REQUESTS = 20;
/** What a start costs is over by then: every job is followed, every connection made. */
const WARM_UP_MS = 30_000;
const MEASURED_MS = 60_000;
const SAMPLES = 60;
/** Of /proc/PID/stat, on every Linux there is. */
const TICKS_PER_SECOND = 100;

/**
 * A bot in its own process, as `stratobot start` runs it, that follows 1,000 builds on 50 nodes for a minute; each prints a line a
 * second. PostgreSQL, GitHub and the nodes are other processes and not counted.
 */
export async function crowd(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'stratobot-crowd-'));
  await chmod(dir, 0o711);
  const key = newKey();
  const fakes = spawn(process.execPath, [FAKE_NODES, String(NODES), key.public], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let postgres: EmbeddedPostgres | null = null;
  try {
    const nodes = await addresses(fakes);
    postgres = await startEmbeddedPostgres({ dataDir: dir, log: silent });
    await recordBuilds(postgres.databaseUrl);
    return await follow(postgres.databaseUrl, nodes, dir, key.private);
  } finally {
    fakes.kill();
    await postgres?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Address {
  host: string;
  port: number;
  user: string;
  hostKey: string;
}

async function addresses(fakes: ChildProcess): Promise<Address[]> {
  if (fakes.stdout === null) throw new Error('nobody hears the nodes');
  const [line] = await once(createInterface({ input: fakes.stdout }), 'line');
  return JSON.parse(String(line));
}

/** Rows as the bot left them when it was last stopped: all builds run. */
async function recordBuilds(databaseUrl: string): Promise<void> {
  const { records, close } = await openRecords({ databaseUrl, log: silent });
  const all = NODES * JOBS_PER_NODE;
  for (let pull = 1; pull <= PULL_REQUESTS; pull += 1) {
    const planned = Array.from({ length: all / PULL_REQUESTS }, (_, index) => ({
      target: { os: 'linux' as const, cpu: `x86_64/bench/n${index}`, accelerator: null },
      repository: REPOSITORY,
      pools: ['crowd'],
      exports: {},
    }));
    const { builds } = await records.requests.create(
      {
        repo: SOFTWARE,
        pullRequest: pull,
        headSha: String(pull).padStart(40, '0'),
        baseRef: 'main',
        title: `Add tool ${pull}`,
        author: 'jo',
        requestedBy: 'maria',
        software: null,
        commands: ['bot: build arch=all'],
        source: `comment:${pull}`,
        createdAt: Date.now(),
      },
      planned,
    );
    for (const { id } of builds) {
      const node = `crowd/n${id % NODES}`;
      const handle = { node, directory: `/jobs/demo-bot-b${id}`, job: `${id}:1:boot` };
      const at = Date.now();
      const placement = { pool: 'crowd', node, reason: 'the best of the crowd', at };
      await records.builds.move(id, 'queued', { kind: 'starting', since: at, node }, placement);
      await records.builds.move(id, 'starting', { kind: 'running', startedAt: Date.now(), handle });
    }
  }
  await close();
}

async function follow(
  databaseUrl: string,
  nodes: readonly Address[],
  dir: string,
  privateKey: string,
): Promise<Figure[]> {
  const identity = join(dir, 'id_ed25519');
  await writeFile(identity, privateKey, { mode: 0o600 });
  const around = await startSurroundings({
    repository: { files: { 'README.md': 'a stack\n' } },
    nodes: 'local',
    store: 'directory',
    databaseUrl,
    config: {
      pools: [
        {
          name: 'crowd',
          arch: 'x86_64/bench/n0',
          jobs_dir: '/jobs',
          nodes: nodes.map(({ host, port, user, hostKey }, index) => ({
            name: `n${index}`,
            slots: JOBS_PER_NODE,
            ssh: { host, port, user, host_key: hostKey, identity_file: identity },
          })),
        },
      ],
    },
  });
  for (let pull = 1; pull <= PULL_REQUESTS; pull += 1) {
    const changes = { [`tool-${pull}.yml`]: 'easyconfigs: []\n' };
    await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: `Add tool ${pull}`, changes });
  }
  const bot = await startBotProcess(around);
  try {
    await delay(WARM_UP_MS);
    const before = await cpuSeconds(bot.pid);
    const started = performance.now();
    const memory: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      await delay(MEASURED_MS / SAMPLES);
      memory.push(await residentMiB(bot.pid));
    }
    const seconds = (performance.now() - started) / 1000;
    const share = (100 * ((await cpuSeconds(bot.pid)) - before)) / seconds;
    return [
      withGoal(figure('CPU with 1,000 builds running', '% of a core', [share]), 10),
      withGoal(figure('memory with 1,000 builds running', 'MiB', [Math.max(...memory)]), 400),
    ];
  } finally {
    await bot.kill();
    await around.close();
  }
}

/** User and system time of a process (proc(5), stat: utime, stime). */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
