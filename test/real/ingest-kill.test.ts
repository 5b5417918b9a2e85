/** The bot's process is killed at every step of publishing into CernVM-FS and of taking it back; on its way its secrets are looked for. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { type BotProcess, startBotProcess } from '../harness/bot-process.ts';
import { type CvmfsBench, cvmfsBench, publisherConfig } from '../harness/cvmfs-server/bench.ts';
import type { Point } from '../harness/cvmfs-server/places.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { type SecretWatch, watchSecrets } from '../harness/secret-watch.ts';
import { SOFTWARE, STAGING, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;
/** Everywhere a command of a publication stands between two effects, in their order. */
const POINTS: readonly Point[] = [
  'ingest:opened',
  'ingest:syncing',
  'ingest:committing',
  'ingest:published',
  'transaction:opened',
  'publish:syncing',
  'publish:published',
];
const BACK: readonly Point[] = ['rollback:syncing', 'rollback:published'];

let bench: CvmfsBench;
let database: FreshDatabase;
let around: Surroundings;
let sql: pg.Client;
let secrets: SecretWatch;
let bot: BotProcess;
/** Of all processes. */
let printed: string;

const start = async () => {
  bot = await startBotProcess({ ...around, env: secrets.env });
};
const kill = async () => {
  await bot.kill();
  printed += bot.output();
};

beforeEach(async () => {
  printed = '';
  bench = await cvmfsBench();
  database = await freshDatabase();
  around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 'directory',
    databaseUrl: database.databaseUrl,
    config: {
      instance: `demo-bot-${randomBytes(4).toString('hex')}`,
      publishers: [publisherConfig(bench)],
    },
  });
  const line = (pem = '') => pem.split('\n')[3] ?? '';
  const { env } = around;
  const known = {
    'key of the App': line(env.STRATOBOT_PRIVATE_KEY),
    'signing key': line(readFileSync(env.STRATOBOT_SIGNING_KEY_FILE ?? '', 'utf8')),
    'webhook secret': env.STRATOBOT_WEBHOOK_SECRET ?? '',
  };
  for (const secret of Object.values(known)) expect(secret.length).toBeGreaterThan(15);
  secrets = await watchSecrets(around, known, ['ssh-keygen', 'git']);
  sql = new pg.Client(database.databaseUrl);
  sql.on('error', () => {}); // the database is dropped in the end
  await sql.connect();
  await start();
});

afterEach(async () => {
  await bot.kill();
  await sql.end();
  await around.close();
  await bench.close();
  await database.drop();
});

const said = (repo: string) =>
  around.github
    .comments(repo, 1)
    .filter(({ author }) => author.endsWith('[bot]'))
    .map(({ body }) => body);
const heard = (repo: string, text: RegExp) =>
  around.github.waitFor(() => said(repo).some((body) => text.test(body)), {
    timeoutMs: WAIT_MS,
    what: `${text} on ${repo}#1`,
  });

/** Built, put up and approved; the first command on the Stratum 0 is where it is held. */
async function approved(): Promise<void> {
  const { github } = around;
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n' };
  await github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes });
  await github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2' });
  await heard(SOFTWARE, /### Build of .*: built/);
  await github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: deploy' });
  await heard(SOFTWARE, /Put up for approval/);
  await github.review(STAGING, 1, { by: 'ana', state: 'approved' });
}

/**
 * Kills the bot wherever a command stands, which the work comes to after `begin`. The next process finds that command
 * still at work, or that it ended with nobody there.
 * @returns where a secret was seen
 */
async function killedAt(points: readonly Point[], begin: () => Promise<unknown>): Promise<string[]> {
  const seen = [];
  const [first, ...others] = points;
  let hold = bench.cvmfs.hold(first ?? 'ingest:opened');
  await begin();
  for (const [index, point] of points.entries()) {
    await hold.reached();
    seen.push(...secrets.inProcesses(bot.pid).map((where) => `at ${point}, ${where}`));
    await kill();
    const [held, next] = [hold, others[index]];
    if (next !== undefined) hold = bench.cvmfs.hold(next);
    const during = index % 2 === 0;
    if (!during) held.release();
    await start();
    if (during) held.release();
  }
  return seen;
}

test('a bot killed at every step publishes one revision, takes it back by one, and shows its secrets to nobody', {
  timeout: 600_000,
}, async () => {
  onTestFailed(() => console.error(printed, bot.output(), said(SOFTWARE), said(STAGING)));
  // The bot's own environment holds them: whoever looks finds what there is to find.
  expect(secrets.inProcesses(0).filter((where) => where.startsWith(`/proc/${bot.pid}/environ`))).toHaveLength(
    2,
  );
  const seen = await killedAt(POINTS, approved);
  await heard(SOFTWARE, /^.*\n?\*\*Published\*\* as revision 3/);
  await heard(STAGING, /Ingested as revision 3/);
  await around.github.settled();

  expect(bench.cvmfs.state()).toMatchObject({ revision: 3, corrupt: false });
  expect(bench.cvmfs.state().tags.at(-1)).toMatchObject({ name: 'stratobot-1', revision: 3 });
  const prefix = 'versions/2025.06/software/linux/x86_64/amd/zen2';
  expect(existsSync(join(bench.cvmfs.mount, prefix))).toBe(true);
  expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
  expect(readdirSync(join(bench.stateDir, bench.cvmfs.name))).toEqual([]);
  expect(said(SOFTWARE).filter((body) => body.includes('**Published** as revision'))).toHaveLength(2); // and the status
  expect(said(STAGING).filter((body) => body.includes('Ingested'))).toHaveLength(1);
  expect(around.github.issues(STAGING).filter(({ author }) => author.endsWith('[bot]'))).toEqual([]);
  const states = await sql.query('SELECT state_kind FROM stratobot.deploys');
  expect(states.rows).toEqual([{ state_kind: 'published' }]);

  await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: rollback' });
  await heard(SOFTWARE, /A second person confirms it/);
  const confirm = `bot: rollback confirm=${bench.cvmfs.name}@3`;
  seen.push(
    ...(await killedAt(BACK, () => around.github.comment(SOFTWARE, 1, { by: 'ana', body: confirm }))),
  );
  await heard(SOFTWARE, /\*\*Taken back\*\*: revision 4/);
  await around.github.settled();
  expect(bench.cvmfs.state()).toMatchObject({ revision: 4, corrupt: false });
  expect(bench.cvmfs.state().tags.map(({ name }) => name)).not.toContain('stratobot-1');
  expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
  expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
  expect(said(SOFTWARE).filter((body) => body.includes('**Taken back**: revision 4'))).toHaveLength(1);
  expect(around.github.violations).toEqual([]);

  await kill();
  expect(secrets.called()).toEqual(['git', 'ssh-keygen']);
  expect([
    ...seen,
    ...secrets.inProcesses(0),
    ...(await secrets.inRows(sql)),
    ...secrets.inText('log', printed),
  ]).toEqual([]);
});
