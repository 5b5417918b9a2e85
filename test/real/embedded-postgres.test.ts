import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Permanent } from '../../src/domain/errors.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { recordingLog, silent } from '../harness/log.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
let dataDir: string;
let elsewhere: string;
let started: EmbeddedPostgres[];
let bots: ChildProcess[];

beforeEach(async () => {
  started = [];
  bots = [];
  folder = await mkdtemp(join(tmpdir(), 'stratobot-embedded-'));
  await chmod(folder, 0o711);
  dataDir = join(folder, 'data');
  elsewhere = join(folder, 'elsewhere');
});

afterEach(async () => {
  for (const bot of bots) bot.kill('SIGKILL');
  for (const server of started) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(log = silent): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, elsewhere, log });
  started.push(server);
  return server;
}

/** The first column of the first row. */
async function ask(databaseUrl: string, question: string): Promise<unknown> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query({ text: question, rowMode: 'array' }).finally(() => client.end());
  return rows[0]?.[0];
}

/** Another process that starts the server of this data folder and then waits to be killed. */
async function startBot(): Promise<ChildProcess & { databaseUrl: string }> {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/embedded.ts'))};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const [dataDir, elsewhere] = process.argv.slice(-2);
    const server = await startEmbeddedPostgres({ dataDir, elsewhere, log });
    process.on('SIGTERM', async () => {
      await server.stop();
      console.log('stopped in order');
      process.exit(7);
    });
    console.log(server.databaseUrl);
    setInterval(() => {}, 1_000_000);`;
  const argv = ['--input-type=module-typescript', '--eval', script, dataDir, elsewhere];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  bots.push(child);
  const [line] = await once(child.stdout, 'data');
  return Object.assign(child, { databaseUrl: String(line).trim() });
}

/** Where the running server says who it is. */
async function postmasterFile(): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  return join(folder, files.find((file) => file.endsWith('postmaster.pid')) ?? '');
}

/** Processes that work in the folder of the test. */
async function processes(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return places.filter((place) => place.startsWith(folder));
}

// Skipped elsewhere: it looks for left-over processes in /proc.
describe.skipIf(process.platform !== 'linux')('an embedded PostgreSQL', () => {
  test('keeps its data when it is stopped, and leaves no process', async () => {
    const first = await start();
    await ask(first.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(await processes()).toEqual([]);
    const second = await start();
    expect(await ask(second.databaseUrl, 'SELECT answer FROM kept')).toBe(42);
  });

  test('listens on this machine only, asks for the password, and sorts the same everywhere', async () => {
    const { databaseUrl } = await start();
    expect(await ask(databaseUrl, 'SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await ask(databaseUrl, 'SHOW unix_socket_directories')).toBe('');
    const locale = "SELECT datlocale FROM pg_database WHERE datname = 'postgres' AND datlocprovider = 'b'";
    expect(await ask(databaseUrl, locale)).toBe('C.UTF-8');
    const url = new URL(databaseUrl);
    url.password = 'guess';
    await expect(ask(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
  });

  test('that a killed bot left behind is taken over, and stopped in the end', async () => {
    const bot = await startBot();
    await ask(bot.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    bot.kill('SIGKILL');
    await once(bot, 'exit');
    const { databaseUrl, stop } = await start();
    expect(databaseUrl).toBe(bot.databaseUrl);
    expect(await ask(databaseUrl, 'SELECT answer FROM kept')).toBe(42);
    await stop();
    expect(await processes()).toEqual([]);
  });

  test('that dies is started again at the same address, with its data', async () => {
    const { databaseUrl } = await start();
    await ask(databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await ask(databaseUrl, 'CHECKPOINT');
    const [pid] = (await readFile(await postmasterFile(), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    const answer = () => ask(databaseUrl, 'SELECT answer FROM kept').catch(() => null);
    await expect.poll(answer, { interval: 100 }).toBe(42);
  });

  test('is one for all who start it at the same moment, also after it died', async () => {
    const bots = await Promise.all([startBot(), startBot(), startBot()]);
    const [one, ...others] = bots.map(({ databaseUrl }) => databaseUrl);
    expect(others).toEqual([one, one]);
    for (let died = 0; died < 3; died += 1) {
      await ask(one ?? '', 'CHECKPOINT');
      const [pid] = (await readFile(await postmasterFile(), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      const guards = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'stratobot-guard'";
      const answer = () => ask(one ?? '', guards).catch(() => 0);
      await expect.poll(answer, { interval: 50 }).toBe(3);
    }
  });

  test('outlives a second process that used it', async () => {
    const first = await start();
    const bot = await startBot();
    expect(bot.databaseUrl).toBe(first.databaseUrl);
    bot.kill('SIGTERM');
    await once(bot, 'exit');
    expect(await ask(first.databaseUrl, 'SELECT 1')).toBe(1);
  });

  test('outlives the process that started it, while another uses it', async () => {
    const first = await start();
    const second = await start();
    await first.stop();
    expect(await ask(second.databaseUrl, 'SELECT 1')).toBe(1);
    await second.stop();
    expect(await processes()).toEqual([]);
  });

  test('ends when those who use it leave together, and begins again for whoever comes meanwhile', async () => {
    const users = [await start(), await start(), await start()];
    const leaving = users.map(({ stop }) => stop());
    const late = await start();
    await Promise.all(leaving);
    await expect.poll(() => ask(late.databaseUrl, 'SELECT 1').catch(() => null)).toBe(1);
    await late.stop();
    expect(await processes()).toEqual([]);
  });

  test('leaves signals to the bot', async () => {
    const bot = await startBot();
    bot.kill('SIGTERM');
    const [said] = await once(bot.stdout ?? bot, 'data');
    expect(String(said)).toBe('stopped in order\n');
    expect(await once(bot, 'exit')).toEqual([7, null]);
    expect(await processes()).toEqual([]);
  });

  test('starts over the lock file of a server that is gone, though its pid lives', async () => {
    await (await start()).stop();
    const { directory } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
    await writeFile(
      join(directory, 'postmaster.pid'),
      `${process.pid}\n${directory}\n1\n5432\n\n\n\nready\n`,
    );
    expect(await ask((await start()).databaseUrl, 'SELECT 1')).toBe(1);
  });

  test('begins again when the bot died while the cluster was made', async () => {
    await (await start()).stop();
    const memory = join(dataDir, 'postgres.json');
    const known = JSON.parse(await readFile(memory, 'utf8'));
    await rm(known.directory, { recursive: true });
    await mkdir(`${known.directory}.new`);
    await writeFile(`${known.directory}.new/half`, '');
    await writeFile(memory, JSON.stringify({ ...known, initialised: false }));
    expect(await ask((await start()).databaseUrl, 'SELECT 1')).toBe(1);
  });

  test('does not begin again when its data is lost', async () => {
    await (await start()).stop();
    const { directory } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
    await rm(directory, { recursive: true });
    await expect(start()).rejects.toThrow(Permanent);
    await expect(start()).rejects.toThrow(directory);
  });

  // Skipped for other users: only root's data folder has to change hands, as PostgreSQL refuses to run as root.
  test.runIf(isRoot)(
    'of root keeps its data elsewhere when its account cannot enter the data folder',
    async () => {
      await mkdir(join(folder, 'root'), { mode: 0o700 });
      dataDir = join(folder, 'root', 'data');
      const log = recordingLog();
      const first = await start(log);
      expect(log.told.map(({ message }) => message).join()).toMatch(/kept elsewhere/);
      await ask(first.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      await chmod(join(folder, 'root'), 0o755);
      const second = await start();
      expect(await ask(second.databaseUrl, 'SELECT answer FROM kept')).toBe(42);
      await expect(access(join(dataDir, 'postgres'))).rejects.toThrow('ENOENT');
    },
  );
});
