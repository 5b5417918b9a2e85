import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { type Slurm, slurmMissing, startSlurm } from '../harness/slurm.ts';
import { newKey, type SshNode, startSshNode } from '../harness/ssh-node.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;
const LAUNCH = /# (?:slurm-)?launch\.sh/;
const STOP = /# (?:slurm-)?stop\.sh/;
const ARTIFACT = /# artifact\.sh/;

/** A bot in a process of its own, and the hands of a test on all that it touches. */
interface Stage {
  around: Surroundings;
  node: SshNode;
  jobsDir: string;
  sql: pg.Client;
  bot(): BotProcess;
  /** Another process on the same data. */
  start(): Promise<void>;
  /** SIGKILL, and then that. */
  killAndStart(): Promise<void>;
  command(pull: number, body: string): Promise<void>;
  buildIs(id: number, state: string): Promise<void>;
  /** The next command of this kind stands still; called before it is due. */
  held(script: RegExp, when: 'before' | 'after'): Promise<() => void>;
  release(id: number): Promise<void>;
}

/** Two pull requests, one node with one slot: build 1 goes through all phases, build 2 waits, runs and is cancelled. */
async function everyPhase(stage: Stage): Promise<void> {
  const { around, sql } = stage;
  const s3 = around.s3;
  if (s3 === null) throw new Error('there is no S3');

  const launching = stage.held(LAUNCH, 'before');
  await stage.command(1, 'bot: build arch=zen2');
  await launching;
  await stage.command(2, 'bot: build arch=zen2');
  await stage.buildIs(1, 'starting');
  await stage.buildIs(2, 'queued');
  const launched = stage.held(LAUNCH, 'after');
  await stage.killAndStart(); // build 1 starting, without a job; build 2 queued
  await launched;
  await stage.buildIs(1, 'starting');
  await stage.killAndStart(); // build 1 starting, with a job
  await stage.buildIs(1, 'running');
  await stage.killAndStart(); // running
  const fetching = stage.held(ARTIFACT, 'before');
  await stage.release(1);
  await fetching;
  await stage.buildIs(1, 'collecting');
  const uploaded = s3.puts.next((path) => path.endsWith('.meta.txt'));
  await stage.killAndStart(); // collecting, nothing uploaded
  await uploaded;
  const again = s3.puts.next((path) => path.endsWith('.meta.txt'));
  await stage.killAndStart(); // collecting, uploaded, without a row
  const goOn = await again;
  await sql.query('BEGIN');
  await sql.query('SELECT FROM stratobot.builds WHERE id = 1 FOR NO KEY UPDATE');
  goOn();
  await expect.poll(() => artifacts(sql), { timeout: WAIT_MS }).toHaveLength(1);
  await stage.buildIs(1, 'collecting');
  await stage.bot().kill(); // collecting, with a row
  await sql.query('ROLLBACK');
  const stopping = stage.held(STOP, 'before');
  await stage.start();
  await stage.buildIs(1, 'succeeded');

  await stage.buildIs(2, 'running');
  await stage.command(2, 'bot: cancel');
  await stopping;
  await stage.buildIs(2, 'cancelling');
  const stopped = stage.held(STOP, 'after');
  await stage.killAndStart(); // cancelling, the job runs
  await stopped;
  await stage.buildIs(2, 'cancelling');
  await stage.killAndStart(); // cancelling, the job is gone
  await stage.buildIs(2, 'cancelled');
}

const artifacts = async (sql: pg.Client) =>
  (await sql.query('SELECT name FROM stratobot.artifacts')).rows.map(({ name }) => name);

/** What people and the rows say in the end. */
async function expectOneTruth({ around, sql, jobsDir }: Stage): Promise<void> {
  const { github } = around;
  await github.waitFor(
    () => {
      const ended = checks(around).filter(({ status }) => status === 'completed');
      return ended.length === 2 && /### Build of .*: cancelled/.test(said(around, 2).join());
    },
    { timeoutMs: WAIT_MS, what: 'both results on GitHub' },
  );
  const ends = checks(around).map(
    ({ externalId, conclusion }) => `${externalId.split(':').at(-1)} ${conclusion}`,
  );
  expect(ends.sort()).toEqual(['1 success', '2 cancelled']);
  expect(said(around, 1)).toEqual([expect.stringMatching(/### Build of .*: built/)]);
  expect(said(around, 2).filter((body) => body.includes('### Build of'))).toHaveLength(1);
  expect(await artifacts(sql)).toHaveLength(1);
  expect((await readdir(jobsDir)).sort()).toEqual(['demo-bot-b1', 'demo-bot-b2']);
  const log = await (await fetch(`${around.botUrl}/builds/1/log`)).text();
  expect(log.match(/building for/g)).toHaveLength(1);
  expect(github.violations).toEqual([]);
}

/** Those of builds. */
const checks = ({ github }: Surroundings) =>
  github.checkRuns(SOFTWARE).filter(({ name }) => name !== 'stratobot / summary');

function said({ github }: Surroundings, number: number): string[] {
  const comments = github.comments(SOFTWARE, number);
  return comments.filter(({ author }) => author.endsWith('[bot]')).map(({ body }) => body);
}

/** @param pool what a pool of this scheduler has besides; @param env of commands on the node */
async function play(root: string, pool: object, env: Record<string, string>): Promise<void> {
  const jobsDir = join(root, 'jobs');
  await mkdir(jobsDir);
  const key = newKey();
  const identity = join(root, 'id_ed25519');
  await writeFile(identity, key.private, { mode: 0o600 });
  const node = await startSshNode({ root, authorizedKey: key.public, env });
  const { host, port, user, hostKey } = node;
  const ssh = { host, port, user, host_key: hostKey, identity_file: identity };
  const nodes = [{ name: 'node-1', slots: 1, ssh }];
  const pools = [
    { name: 'zen2', arch: 'x86_64/amd/zen2', jobs_dir: jobsDir, time_limit: '10m', nodes, ...pool },
  ];
  const database = await freshDatabase();
  const sql = new pg.Client(database.databaseUrl);
  sql.on('error', () => {}); // the database is dropped in the end
  await sql.connect();
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 's3',
    databaseUrl: database.databaseUrl,
    config: { pools },
  });
  let bot = await startBotProcess(around);
  const stage: Stage = {
    around,
    node,
    jobsDir,
    sql,
    bot: () => bot,
    async start() {
      bot = await startBotProcess(around);
    },
    async killAndStart() {
      await bot.kill();
      await stage.start();
    },
    async command(number, body) {
      await around.github.comment(SOFTWARE, number, { by: 'maria', body });
    },
    async buildIs(id, state) {
      const now = async () =>
        (await sql.query('SELECT state_kind FROM stratobot.builds WHERE id = $1', [id])).rows[0]?.state_kind;
      await expect.poll(now, { timeout: WAIT_MS, interval: 50 }).toBe(state);
    },
    held: (script, when) =>
      node.commands.next((passing) => passing.when === when && script.test(passing.command)),
    release: (id) => writeFile(join(jobsDir, `demo-bot-b${id}`, 'release'), ''),
  };
  onTestFailed(() => console.error(bot.output(), said(around, 1), said(around, 2)));
  try {
    for (const title of ['Add tool 1.0', 'Add tool 2.0']) {
      const changes = { [`easystacks/${title}.yml`]: 'easyconfigs: []\n', behaviour: 'wait' };
      await around.github.openPullRequest(SOFTWARE, { by: 'jo', title, changes });
    }
    await everyPhase(stage);
    await expectOneTruth(stage);
  } finally {
    await bot.kill();
    await node.close();
    await around.close();
    await sql.end();
    await database.drop();
  }
}

const TITLE = 'a bot killed in every phase of a build ends it once, truly';

describe('scheduler process', () => {
  test(TITLE, { timeout: 240_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'stratobot-phases-'));
    try {
      await play(root, {}, {});
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});

const missing = slurmMissing();
// It takes Debian's Slurm; the name says what to install. In CI it must be there.
describe.skipIf(missing !== null)(
  `scheduler slurm${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let slurm: Slurm;
    beforeAll(async () => {
      slurm = await startSlurm();
    });
    afterAll(() => slurm.close());

    test(TITLE, { timeout: 240_000 }, async () => {
      const root = join(slurm.root, 'home');
      await mkdir(root);
      const options = ['--partition=zen2', '--mem=20'];
      await play(
        root,
        { scheduler: 'slurm', sbatch_options: options },
        { SLURM_CONF: join(slurm.root, 'slurm.conf') },
      );
      for (const id of [1, 2]) {
        const jobs = await slurm.run('squeue', '-h', '-t', 'all', `--name=demo-bot-b${id}`, '-o', '%T');
        expect(jobs.trim()).toBe(id === 1 ? 'COMPLETED' : 'CANCELLED');
      }
    });
  },
);
