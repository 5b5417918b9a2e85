import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newKey } from './ssh-node.ts';

/** The real thing: OpenSSH's sshd on a free port of this machine, with keys of its own. */
export interface OpenSsh {
  host: string;
  port: number;
  user: string;
  hostKey: string;
  privateKey: string;
  /** A folder for the commands' files. */
  root: string;
  /** Kills sshd and every session of it with KILL, as a crash does; commands live on. */
  crash(): Promise<void>;
  /** Starts sshd again, on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';
const START_TIMEOUT_MS = 10_000;

/** Whether Debian's `openssh-server` is here. In CI it must be, so there the tests run and fail without it. */
export function openSshMissing(): boolean {
  return !existsSync(SSHD) && process.env.CI !== 'true';
}

/**
 * @param options for a network of its own: the address to listen on, and the command that runs sshd there
 *   (`ip netns exec …`); commands at once on one connection, as in sshd_config;
 *   `env`: further variables of commands
 */
export async function startOpenSsh(
  options: {
    host?: string;
    within?: readonly string[];
    maxSessions?: number;
    env?: Record<string, string>;
  } = {},
): Promise<OpenSsh> {
  const where = { host: '127.0.0.1', within: [], ...options };
  const root = await mkdtemp(join(tmpdir(), 'stratobot-sshd-'));
  const { username, uid } = userInfo();
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const host = newKey();
  const identity = newKey();
  await writeFile(join(root, 'host'), host.private, { mode: 0o600 });
  await writeFile(join(root, 'authorized_keys'), `${identity.public}\n`);
  const port = await freePort();
  const config = [
    `Port ${port}`,
    `ListenAddress ${where.host}`,
    `HostKey ${root}/host`,
    `PidFile ${root}/sshd.pid`,
    `AuthorizedKeysFile ${root}/authorized_keys`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    `MaxSessions ${options.maxSessions ?? 10}`,
    'StrictModes no',
    // No start-up files of whoever runs the tests. Only the first SetEnv counts.
    `SetEnv ${Object.entries({ HOME: root, ...options.env })
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  ];
  await writeFile(join(root, 'sshd_config'), `${config.join('\n')}\n`);

  let daemon: ChildProcess | null = null;
  const restart = async () => {
    const [program = SSHD, ...args] = [...where.within, SSHD, '-D', '-e', '-f', join(root, 'sshd_config')];
    daemon = spawn(program, args, { stdio: 'ignore' });
    await once(daemon, 'spawn');
    await listening(where.host, port);
  };
  const crash = async () => {
    const gone = daemon;
    if (gone?.pid === undefined) return;
    daemon = null;
    const exited = once(gone, 'exit');
    for (const pid of [gone.pid, ...sessionsOf(gone.pid)]) killIfThere(pid);
    await exited;
  };
  await restart();
  return {
    host: where.host,
    port,
    user: username,
    hostKey: host.public,
    privateKey: identity.private,
    root,
    crash,
    restart,
    async close() {
      await crash();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function listening(host: string, port: number): Promise<void> {
  for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; await delay(10)) {
    const socket = connect(port, host);
    const up = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    socket.destroy();
    if (up) return;
  }
  throw new Error(`sshd does not listen on port ${port}`);
}

/** The sshd processes below a daemon: one or two for each connection. Commands below them are left alone. */
function sessionsOf(daemon: number): number[] {
  const all = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  const processes = all.split('\n').map((line) => {
    const [pid, parent, name] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), name };
  });
  const found = [daemon];
  for (const parent of found) {
    for (const child of processes) {
      if (child.parent === parent && child.name?.startsWith('sshd')) found.push(child.pid);
    }
  }
  return found.slice(1);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended by itself
  }
}
