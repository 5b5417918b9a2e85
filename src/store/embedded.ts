import { spawn } from 'node:child_process';
import { chown, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Log } from '../ports/basics.ts';
import { as, ENVIRONMENT, findBinaries, initdb } from './embedded/binaries.ts';
import { findPlace, type Place, remember } from './embedded/place.ts';
import { findPostmaster, LOOK_MS, type Postmaster, stopPostmaster } from './embedded/postmaster.ts';
import { inTurn } from './embedded/turn.ts';

/** Recovery after a crash may take its time. */
const START_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 15_000;
/** Between two tries to start a server that died. */
const REVIVE_PAUSE_MS = 1_000;
/**
 * A free port may be taken by somebody else before the server has it; and what a killed server left behind (processes that
 * end a moment later) keeps the next one out.
 */
const START_TRIES = 6;
/** After the first try; after each further one so much longer. */
const START_PAUSE_MS = 150;
/** How often a server that is just being stopped is met. */
const USE_TRIES = 3;
/** How long a process that was killed may still seem to use the server, ms. */
const GONE_MS = 500;
/** Held, shared, by every process that uses the server, for as long as its connection lasts. */
const USERS = "hashtextextended('stratobot:users', 0)";
const LEAVING = "hashtextextended('stratobot:leaving', 0)";
const USER = 'stratobot';
const HOST = '127.0.0.1';
/** Where root's clusters and programs go that the account of PostgreSQL cannot reach in the data folder. */
const ELSEWHERE = '/var/lib/stratobot';

export interface EmbeddedPostgres {
  /** Holds the password. */
  databaseUrl: string;
  /** Ends the server, unless another process uses it. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL for those who have none: its cluster is made in the data folder at the first start and kept. It
 * listens on a free port of 127.0.0.1 only, with a random password. A server that a killed bot left behind is taken
 * over as it runs, one that dies meanwhile is started again.
 * @throws Permanent when there is no place for it, Retryable when it does not come up
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Log;
  /** Settings of the server, as in postgresql.conf. */
  settings?: Record<string, string>;
  elsewhere?: string;
}): Promise<EmbeddedPostgres> {
  const { dataDir, log, settings = {}, elsewhere = ELSEWHERE } = options;
  const { place, bin } = await inTurn(resolve(dataDir), async () => {
    const place = await findPlace(dataDir, elsewhere, log);
    const bin = await findBinaries(place.account, elsewhere);
    await makeCluster(place, bin);
    return { place, bin };
  });

  // Of two bots that both find no server one starts it and the other one takes it over: the second would remove the lock
  // file of the first.
  const found = (port?: number): Promise<Postmaster> =>
    inTurn(place.directory, async () => {
      const left = await findPostmaster(place.directory);
      if (left) log.info({ pid: left.pid }, 'PostgreSQL is running already and is taken over');
      return left ?? (await startServer(place, bin, settings, log, port));
    });
  /** A server that the last of its users is stopping just now lets nobody in: it is started again then. */
  const use = async (port?: number) => {
    for (let tries = 1; ; tries += 1) {
      const server = await found(port);
      try {
        const guard = await connectInTime(place, server);
        await guard.query(`SELECT pg_advisory_lock_shared(${USERS})`);
        return { server, guard };
      } catch (error) {
        if (tries === USE_TRIES) throw error;
      }
    }
  };
  const first = await use();
  const { server } = first;
  let { guard } = first;
  let stopped: Promise<void> | null = null;
  let reviving: Promise<void> | null = null;

  /** The pools know the server by its port: one that dies is started again there. */
  const revive = async (): Promise<void> => {
    while (stopped === null) {
      try {
        const again = await use(server.port);
        guard = again.guard;
        watch();
        log.warn({ pid: again.server.pid }, 'PostgreSQL died and was started again');
        return;
      } catch (err) {
        log.error({ err }, 'PostgreSQL died and cannot be started again yet');
        await sleep(REVIVE_PAUSE_MS);
      }
    }
  };
  const watch = (): void => {
    guard.once('end', () => {
      if (stopped === null) reviving = revive();
    });
  };
  watch();
  return {
    databaseUrl: urlOf(place, server),
    stop: () => {
      stopped ??= (async () => {
        await reviving;
        // Without an answer it is being stopped by another, or in a trouble that the next start takes over.
        const last = await isLast(guard).catch(() => false);
        await guard.end().catch(() => undefined);
        if (last) await stopPostmaster(place.directory);
      })();
      return stopped;
    },
  };
}

/** Runs initdb beside the place and moves the result there, so that a cluster is whole or absent. */
async function makeCluster(place: Place, bin: string): Promise<void> {
  const { directory, account, password } = place;
  const there = await stat(directory).then(
    () => true,
    () => false,
  );
  if (place.initialised) {
    if (there) return;
    throw new Permanent(
      `the database of this data folder was in ${directory} and is not there any more; ` +
        `restore it, or delete ${place.memory} to begin with an empty one`,
    );
  }
  if (!there) {
    const half = `${directory}.new`;
    const passwordFile = `${directory}.password`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account) {
      await chown(half, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    try {
      await initdb(bin, { directory: half, passwordFile, account, user: USER });
    } finally {
      await rm(passwordFile, { force: true });
    }
    await rename(half, directory);
  }
  await remember({ ...place, initialised: true });
}

async function startServer(
  place: Place,
  bin: string,
  settings: Record<string, string>,
  log: Log,
  port?: number,
): Promise<Postmaster> {
  // A lock file whose server is gone; PostgreSQL would refuse to start if its pid were anybody's.
  await rm(join(place.directory, 'postmaster.pid'), { force: true });
  for (let tries = 1; ; tries++) {
    const server = await spawnServer(
      place,
      bin,
      { ...settings, port: String(port ?? (await freePort())) },
      log,
    );
    if (server) return server;
    if (tries === START_TRIES) throw new Retryable(`PostgreSQL does not start; see ${place.logFile}`);
    await sleep(START_PAUSE_MS * tries);
  }
}

/** Null when the server ended instead of starting. */
async function spawnServer(
  place: Place,
  bin: string,
  settings: Record<string, string>,
  log: Log,
): Promise<Postmaster | null> {
  const all = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    log_checkpoints: 'off',
    ...settings,
  };
  const argv = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logFile = await open(place.logFile, 'w', 0o600);
  // A session of its own: Ctrl-C is for the bot, which stops the server when its own work has ended.
  const child = spawn(join(bin, 'postgres'), ['-D', place.directory, ...argv], {
    ...as(place.account),
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  child.unref();
  let ended = false;
  child.once('error', (error) => {
    ended = true;
    log.error({ err: error }, 'PostgreSQL cannot be started');
  });
  child.once('exit', (code, signal) => {
    ended = true;
    log.info({ code, signal, logFile: place.logFile }, 'PostgreSQL ended');
  });
  await logFile.close();

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !ended) {
    const server = await findPostmaster(place.directory);
    if (server && server.pid === child.pid) return server;
    await sleep(LOOK_MS);
  }
  return null;
}

/** The first connection, as soon as the server takes it. */
async function connectInTime(place: Place, server: Postmaster): Promise<pg.Client> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: urlOf(place, server),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      application_name: 'stratobot-guard',
      keepAlive: true,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (cause) {
      await client.end().catch(() => undefined);
      const gone = (await findPostmaster(place.directory))?.pid !== server.pid;
      if (gone || Date.now() > deadline) {
        throw new Retryable(`PostgreSQL does not answer; see ${place.logFile}`, { cause });
      }
    }
    await sleep(LOOK_MS);
  }
}

/** Whether no other process uses the server. If one does, it stops the server when it leaves. */
async function isLast(guard: pg.Client): Promise<boolean> {
  await guard.query(`SELECT pg_advisory_unlock_shared(${USERS})`);
  // One leaves after the other: held until the connection ends, so that of two that leave together one is the last.
  await guard.query(`SELECT pg_advisory_lock(${LEAVING})`);
  // The server may be slow to see that a killed process is gone.
  await guard.query(`SET lock_timeout = ${GONE_MS}`);
  try {
    await guard.query(`SELECT pg_advisory_lock(${USERS})`);
    return true;
  } catch {
    return false;
  }
}

function urlOf({ password }: Place, { port }: Postmaster): string {
  return `postgres://${USER}:${password}@${HOST}:${port}/postgres`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
