/** Every secret of a bot is looked for in everything that leaves its process, while a pull request goes its whole way and some things fail. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { hasRedis, redisServer } from '../harness/queue-servers.ts';
import { watchSecrets } from '../harness/secret-watch.ts';
import { SOFTWARE, STAGING, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 90_000;
/** All that the bot starts on its own machine here. */
const PROGRAMS = ['git', 'ssh-keygen'];
/** Repositories, and permissions there. */
const TOKENS = [
  [
    [SOFTWARE],
    { metadata: 'read', checks: 'write', contents: 'read', issues: 'write', pull_requests: 'write' },
  ],
  [[SOFTWARE], { metadata: 'read', contents: 'read' }],
  [[STAGING], { metadata: 'read', contents: 'read' }], // doctor
  [[STAGING], { metadata: 'read', contents: 'write', issues: 'write', pull_requests: 'write' }],
  [null, { metadata: 'read', members: 'read' }],
];
const canary = (name: string) => `canary${name}${randomBytes(12).toString('hex')}`;

/** A line of a key in PEM that no other key has. */
const line = (pem: string) => pem.trim().split('\n').at(-3) ?? '';

/** What the bot knows and nobody else shall. */
function secretsOf({ env, dir }: Surroundings): Record<string, string> {
  const password = (name: string) => new URL(env[name] ?? '').password;
  const secrets = {
    'webhook secret': env.STRATOBOT_WEBHOOK_SECRET ?? '',
    'key of the App': line(env.STRATOBOT_PRIVATE_KEY ?? ''),
    'secret key of S3': env.STRATOBOT_S3_SECRET_ACCESS_KEY ?? '',
    'passphrase of the SSH key': env.STRATOBOT_SSH_PASSPHRASE ?? '',
    'SSH key': line(readFileSync(join(dir, 'id_ed25519'), 'utf8')),
    'signing key': line(readFileSync(join(dir, 'signing_key'), 'utf8')),
    'password of the database': password('DATABASE_URL'),
    'password of Redis': password('REDIS_URL'),
  };
  for (const [name, secret] of Object.entries(secrets)) expect(secret.length, name).toBeGreaterThan(15);
  return secrets;
}

/** Files below a folder, with what is in them; those that hold secrets by their nature left out. */
function filesIn(folder: string, without: readonly string[] = []): Output[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !without.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: path, text: readFileSync(path, 'latin1') }));
}

/** Everything that is said to a Redis from now on, as its commands come in: also what is in the queue for a moment only. */
async function everythingSentTo(url: string) {
  const client = new Redis(url);
  const monitor = await client.monitor();
  let text = '';
  monitor.on('monitor', (_time: string, command: string[]) => {
    text += `${command.join(' ')}\n`;
  });
  return {
    text: () => text,
    close() {
      monitor.disconnect();
      client.disconnect();
    },
  };
}

/** One pull request from the comment to the revision, by both ways of collecting, with trouble of each kind. */
async function play({ github, nodes, releaseAll }: Surroundings, whileItRuns: () => Promise<void>) {
  const said = (repo: string, text: RegExp) =>
    github.waitFor(
      () => github.comments(repo, 1).some(({ body, author }) => author.endsWith('[bot]') && text.test(body)),
      { timeoutMs: WAIT_MS, what: `${text} on ${repo}` },
    );
  const comment = (body: string) => github.comment(SOFTWARE, 1, { by: 'maria', body });
  await github.openPullRequest(SOFTWARE, {
    by: 'jo',
    title: 'Add tool 1.0',
    changes: { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', behaviour: 'wait' },
  });
  github.failNext({ path: /\/software-layer\.git\/info\/refs$/, status: 500 });
  github.failNext({ path: /\/memberships\//, status: 401, body: { message: 'Bad credentials' } });
  github.failNext({ method: 'POST', path: /\/check-runs$/, drop: true });
  github.failNext({ method: 'POST', path: /\/issues\/1\/comments$/, status: 502 });
  await comment('bot: build arch=all');
  await said(SOFTWARE, /\| since [\s\S]*\| since /);
  nodes[0]?.ssh?.cut();
  await whileItRuns();
  await releaseAll();
  await said(SOFTWARE, /all 2 targets built/);
  await comment('bot: log zen2');
  github.failNext({ method: 'POST', path: /\/git\/trees$/, status: 403 });
  await comment('bot: deploy');
  await said(SOFTWARE, /GitHub answered 403/); // a digest may hold 403 as well
  await comment('bot: deploy');
  await said(SOFTWARE, /Put up for approval/);
  const number = github.pullRequests(STAGING).at(-1)?.number ?? 0;
  github.failNext({ method: 'PUT', path: /\/merge$/, status: 500 });
  await github.review(STAGING, number, { by: 'ana', state: 'approved' });
  await said(SOFTWARE, /Published/);
  await github.settled();
}

/** What the bot says on its command line when all is well, and when it is not. */
async function commandsSay({ configFile, env }: Surroundings): Promise<Output[]> {
  const run = async (args: string[], changed: Record<string, string> = {}) => {
    let text = '';
    const say = (more: string) => {
      text += more;
    };
    await runCommandLine([...args, '--config', configFile], {
      env: { ...env, ...changed },
      out: say,
      err: say,
    });
    return { where: `${args} with other ${Object.keys(changed)}`, text };
  };
  const nowhere = (name: string) => {
    const url = new URL(env[name] ?? '');
    url.port = '1';
    return { [name]: url.href };
  };
  const broken = { STRATOBOT_PRIVATE_KEY: (env.STRATOBOT_PRIVATE_KEY ?? '').replace('BEGIN', 'BEGUN') };
  return Promise.all([
    run(['check-config']),
    run(['doctor']),
    run(['doctor'], nowhere('DATABASE_URL')),
    run(['start'], nowhere('DATABASE_URL')),
    run(['check-config'], broken),
    run(['check-config'], { DATABASE_URL: `mysql://x:${new URL(env.DATABASE_URL ?? '').password}@h/d` }),
    run(['check-config'], { STRATOBOT_SSH_PASSPHRASE: env.STRATOBOT_WEBHOOK_SECRET ?? '' }),
  ]);
}

interface Output {
  where: string;
  text: string;
}

// Where there is no Redis, its password cannot be looked for; in CI there is.
test.skipIf(!hasRedis && process.env.CI !== 'true')(
  'secrets are in no argument, environment, log, row, queue, comment, page, object or folder of a job',
  { timeout: 240_000 },
  async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const redis = await redisServer(canary('redis'));
    onTestFinished(() => redis.stop());
    const around = await startSurroundings({
      repository: { fromDirectory: REPOSITORY },
      nodes: 'ssh',
      store: 's3',
      databaseUrl: database.databaseUrl,
      passphrase: canary('passphrase'),
      collect: 'presigned',
    });
    onTestFinished(() => around.close());
    const { github, env } = around;
    env.REDIS_URL = redis.connection.redisUrl ?? '';
    env.STRATOBOT_S3_SECRET_ACCESS_KEY = canary('s3');
    const secrets = secretsOf(around);
    const watch = await watchSecrets(around, secrets, PROGRAMS);
    const queue = await everythingSentTo(env.REDIS_URL);
    const bot = await startBotProcess(around, { ...around, env: watch.env }, ['--log-level', 'debug']);
    onTestFinished(() => bot.kill());
    onTestFailed(() => console.error(bot.output().slice(-20_000)));

    // Its own environment has them: whoever looks finds what there is to find.
    const own = watch.inProcesses(0).filter((where) => where.startsWith(`/proc/${bot.pid}/environ`));
    expect(own).toHaveLength(6);
    const outputs: Output[] = [];
    const found: string[] = [];
    await play(around, async () => {
      found.push(...watch.inProcesses(bot.pid));
      for (const path of ['/', '/health', '/builds/1/log', '/builds/2/log', '/nothing']) {
        const answer = await fetch(around.botUrl + path);
        outputs.push({ where: path, text: JSON.stringify([...answer.headers]) + (await answer.text()) });
      }
    });
    await bot.end();
    expect(github.pendingFaults).toEqual([]);

    // Tokens were made on the way; git gets them in another form.
    for (const [index, { secret }] of github.tokens.entries()) {
      secrets[`token ${index}`] = secret;
      secrets[`token ${index} for git`] = Buffer.from(`x-access-token:${secret}`).toString('base64');
    }
    outputs.push({ where: 'log', text: bot.output() }, { where: 'queue', text: queue.text() });
    outputs.push(...(await commandsSay(around)));
    for (const { method, path, query, body } of github.requests)
      outputs.push({ where: `${method} ${path}`, text: `${query}\n${body}` });
    outputs.push(...filesIn(around.s3?.directory ?? ''));
    outputs.push(...filesIn(around.dir, ['id_ed25519', 'signing_key']));
    const sql = new pg.Client(database.databaseUrl);
    await sql.connect();
    found.push(...watch.inProcesses(bot.pid), ...(await watch.inRows(sql)));
    await sql.end();
    queue.close();
    for (const { where, text } of outputs) found.push(...watch.inText(where, text));
    expect(watch.called()).toEqual(PROGRAMS);
    expect(queue.text()).toContain('buildId');
    expect(bot.output()).toContain('"level":"debug"');
    expect(found).toEqual([]);

    // What each token may do: in one repository, and there only what the bot does in it.
    const asked = github.tokens.map(({ repositories, permissions }) =>
      JSON.stringify([repositories, permissions]),
    );
    expect([...new Set(asked)].sort().map((one) => JSON.parse(one))).toEqual(TOKENS);
  },
);
