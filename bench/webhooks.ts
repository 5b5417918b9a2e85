import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPostgresBackend, withBackend } from 'bullmq';
import pg from 'pg';
import { isHandled } from '../src/handlers/translate.ts';
import { WEBHOOK_PATH } from '../src/handlers/webhook-route.ts';
import { startEmbeddedPostgres } from '../src/store/embedded.ts';
import { type BotProcess, startBotProcess } from '../test/harness/bot-process.ts';
import { silent } from '../test/harness/log.ts';
import { type Surroundings, startSurroundings } from '../test/harness/surroundings.ts';
import type { Figure, Report } from './report.ts';
import { usedSoFar } from './webhooks-cores.ts';
import { type Intake, type Run, sumUp } from './webhooks-figures.ts';
import type { Inserting } from './webhooks-inserts.ts';
import type { Measured, Sending } from './webhooks-senders.ts';

const RUNS = 3;
const CONNECTIONS = [16, 64];
const WARM_UP_MS = 3_000;
const MEASURED_MS = 5_000;
const PLAIN = 'bench.plain';

interface Recording {
  event: string;
  body: string;
}

/**
 * Webhooks that the bot takes in, each a row on the disk before its answer: once with its queue paused, and once while it works
 * on what it takes in. The bot is the process that `stratobot start` starts, with the PostgreSQL it brings; who sends is a process
 * of its own on the same machine, and who used how much of it is among the figures. Beside it plain single-row INSERTs of the
 * same bodies into a table like its own, on as many connections, once from Node and once by pgbench where that is there.
 */
export async function webhooks(): Promise<Report> {
  const recordings = await readRecordings();
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-webhooks-'));
  await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
  try {
    const figures: Figure[] = [];
    for (const connections of CONNECTIONS) {
      const runs: Run[] = [];
      for (let run = 0; run < RUNS; run += 1)
        runs.push(await measure(postgres.databaseUrl, recordings, connections));
      figures.push(...sumUp(runs, connections));
    }
    return { bench: 'webhooks', figures };
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every recorded webhook that gets a row. */
async function readRecordings(): Promise<Recording[]> {
  const folder = new URL('../test/fixtures/webhooks/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const all = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(new URL(name, folder), 'utf8'))),
  );
  return all
    .filter(({ event, payload }) => isHandled(event, payload))
    .map(({ event, payload }) => ({ event, body: JSON.stringify(payload) }));
}

/** One run; the bot that works on what it takes in has a database of its own. */
async function measure(server: string, recordings: Recording[], connections: number): Promise<Run> {
  const working = await intake(server, recordings, connections, false);
  const alone = await intake(server, recordings, connections, true);
  const { url } = alone;
  await makePlainTable(url);
  const plain = await inProcess<Inserting>('webhooks-inserts.ts', {
    databaseUrl: url,
    table: PLAIN,
    connections,
    warmUpMs: WARM_UP_MS,
    measuredMs: MEASURED_MS,
    rows: recordings,
  });
  return { working, alone, plain, pgbench: await runPgbench(url, recordings, connections) };
}

/** Sends webhooks to a bot of its own on an empty database, which it leaves behind; the bot is gone afterwards. */
async function intake(
  server: string,
  recordings: Recording[],
  connections: number,
  pause: boolean,
): Promise<Intake & { url: string }> {
  const url = await emptyDatabase(server);
  const around = await startSurroundings({
    repository: { files: { 'README.md': 'a stack\n' } },
    nodes: 'local',
    store: 'directory',
    databaseUrl: url,
  });
  let bot: BotProcess | null = null;
  try {
    bot = await startBotProcess(around);
    if (pause) await pauseQueue(url);
    const before = await usedSoFar(bot.pid, url);
    const measured = await inProcess<Sending>('webhooks-senders.ts', {
      url: around.botUrl,
      connections,
      warmUpMs: WARM_UP_MS,
      measuredMs: MEASURED_MS,
      requests: recordings.map((recording) => asRequest(recording, around)),
    });
    const after = await usedSoFar(bot.pid, url);
    await expectAllThere(url, measured);
    const used = {
      bot: after.bot - before.bot,
      postgres: after.postgres - before.postgres,
      machine: after.machine - before.machine,
    };
    return { ...measured, used, url };
  } finally {
    // What it works on would slow down what comes next.
    await bot?.kill();
    await around.close();
  }
}

/** As somebody with BullMQ's tools may: workers take no job any more, those that run end. */
async function pauseQueue(url: string): Promise<void> {
  const bull = withBackend(createPostgresBackend);
  const queue = new bull.Queue('stratobot', { connection: { connectionString: url, schema: 'bullmq' } });
  await queue.pause();
  await queue.close();
}

function asRequest({ event, body }: Recording, { env, botUrl }: Surroundings): Sending['requests'][number] {
  const signature = createHmac('sha256', env.STRATOBOT_WEBHOOK_SECRET ?? '')
    .update(body)
    .digest('hex');
  const head = [
    `POST ${WEBHOOK_PATH} HTTP/1.1`,
    `host: ${new URL(botUrl).host}`,
    'accept: */*',
    'content-type: application/json',
    'user-agent: GitHub-Hookshot/7ea4e72',
    `x-github-event: ${event}`,
    'x-github-hook-id: 1',
    'x-github-hook-installation-target-id: 1',
    'x-github-hook-installation-target-type: integration',
    `x-hub-signature-256: sha256=${signature}`,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
  ];
  return { head: head.join('\r\n'), body };
}

async function inProcess<Work extends object>(file: string, work: Work): Promise<Measured> {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: 'advanced',
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  failed.catch(() => undefined);
  child.send(work);
  const [measured] = await Promise.race([once(child, 'message'), failed]);
  child.disconnect();
  return measured as Measured;
}

/** A database without a row in it, where everything that was committed is on the disk. */
async function emptyDatabase(server: string): Promise<string> {
  const name = `webhooks_${process.hrtime.bigint()}`;
  const client = new pg.Client(server);
  await client.connect();
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await client.query(`SELECT current_setting('${setting}') AS is`);
      if (rows[0]?.is !== 'on')
        throw new Error(`${setting} is ${rows[0]?.is}: this would measure something else`);
    }
    await client.query(`CREATE DATABASE ${name}`);
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** Every answer had its row. */
async function expectAllThere(url: string, { taken, refused }: Measured): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('SELECT count(*)::int AS count FROM stratobot.deliveries');
    if (rows[0]?.count !== taken) throw new Error(`${taken} were taken and ${rows[0]?.count} have a row`);
    if (Object.keys(refused).length > 0) throw new Error(`some were refused: ${JSON.stringify(refused)}`);
  } finally {
    await client.end();
  }
}

async function makePlainTable(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('CREATE SCHEMA bench');
  await client.query(`CREATE TABLE ${PLAIN} (LIKE stratobot.deliveries INCLUDING ALL)`);
  await client.end();
}

/** Transactions a second of pgbench, which takes the bodies from a table; null where there is none. */
async function runPgbench(url: string, recordings: Recording[], connections: number) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(
    'CREATE TABLE bench.bodies (id int PRIMARY KEY, event text, payload text STORAGE EXTERNAL)',
  );
  for (const [id, { event, body }] of recordings.entries())
    await client.query('INSERT INTO bench.bodies VALUES ($1, $2, $3)', [id + 1, event, body]);
  await client.end();
  const folder = await mkdtemp(join(tmpdir(), 'stratobot-pgbench-'));
  const script = join(folder, 'insert.sql');
  await writeFile(
    script,
    `\\set id random(1, ${recordings.length})
INSERT INTO ${PLAIN} (guid, event, payload, received_at)
SELECT gen_random_uuid()::text, event, payload, 1 FROM bench.bodies WHERE id = :id ON CONFLICT (guid) DO NOTHING;
`,
  );
  const { hostname, port, username, password, pathname } = new URL(url);
  const seconds = MEASURED_MS / 1000;
  const argv = ['-n', '-M', 'prepared', '-c', `${connections}`, '-j', '2', '-T', `${seconds}`, '-f', script];
  const child = spawn('pgbench', argv, {
    env: {
      PATH: process.env.PATH,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: password,
      PGDATABASE: pathname.slice(1),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const there = await Promise.race([
    once(child, 'close').then(() => true),
    once(child, 'error').then(() => false),
  ]);
  await rm(folder, { recursive: true });
  const [, tps] = /^tps = ([\d.]+)/m.exec(output) ?? [];
  return there && tps !== undefined ? Number(tps) : null;
}
