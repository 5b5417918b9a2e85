import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { type Holds, holds } from './holds.ts';

/** A build node in this process: an SSH server that runs each command with /bin/sh in a home folder. */
export interface SshNode {
  host: string;
  port: number;
  user: string;
  /** Public host key, as in a `.pub` file. */
  hostKey: string;
  /** Shows a new host key from the next connection on, and returns it. */
  changeHostKey(): string;
  /** Drops all connections, as a lost network does; commands live on. */
  cut(): void;
  /** Drops all connections and every new one, until plugged in again. */
  unplug(): void;
  plugIn(): void;
  /** How many connections were accepted so far. */
  connections(): number;
  /** How many were refused while it was unplugged. */
  refused(): number;
  /** How many sessions were refused because there were too many. */
  refusedSessions(): number;
  /** Commands, before they run and before their end is told. */
  commands: Holds<{ command: string; when: 'before' | 'after' }>;
  close(): Promise<void>;
}

/** OpenSSH's MaxSessions, unless said otherwise. */
const MAX_SESSIONS = 10;

/** A new key pair in OpenSSH's formats, for hosts and people; locked when there is a passphrase. */
export function newKey(passphrase?: string): { private: string; public: string } {
  for (;;) {
    const pair =
      passphrase === undefined
        ? ssh2.utils.generateKeyPairSync('ed25519')
        : ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 2 });
    // ssh2 writes one key in 300 wrongly (a leading zero byte is lost): take one that fits itself.
    const secret = ssh2.utils.parseKey(pair.private, passphrase);
    const open = ssh2.utils.parseKey(pair.public);
    if (secret instanceof Error || open instanceof Error) continue;
    if (open.verify('proof', secret.sign('proof')) === true) return pair;
  }
}

/**
 * @param root home and working folder of every command
 * @param authorizedKey the one public key that may log in
 * @param maxSessions commands at once on one connection
 * @param env further variables for commands; of this process's environment they see PATH alone
 * @param answer runs no command, but prints what this makes of it: for many nodes that are no burden
 */
export async function startSshNode(options: {
  root: string;
  authorizedKey: string;
  maxSessions?: number;
  env?: Record<string, string>;
  answer?: (command: string) => string;
}): Promise<SshNode> {
  const user = userInfo().username;
  const maxSessions = options.maxSessions ?? MAX_SESSIONS;
  const hostKey = newKey();
  const allowed = ssh2.utils.parseKey(options.authorizedKey);
  if (allowed instanceof Error) throw allowed;
  const env = { PATH: openPath(), HOME: options.root, USER: user, LANG: 'C.UTF-8', ...options.env };

  const authenticate = (request: AuthContext) => {
    const right =
      request.username === user &&
      request.method === 'publickey' &&
      request.key.data.equals(allowed.getPublicSSH()) &&
      (request.signature === undefined ||
        allowed.verify(request.blob ?? '', request.signature, request.hashAlgo) === true);
    if (right) request.accept();
    else request.reject(['publickey']);
  };

  const commands: SshNode['commands'] = holds();
  let refusedSessions = 0;
  const serve = (client: Connection) => {
    let sessions = 0;
    client.on('error', () => {}); // a connection that was cut
    client.on('authentication', authenticate);
    client.on('tcpip', (accept, reject, { destIP, destPort }) => forward(destIP, destPort, accept, reject));
    client.on('session', (acceptSession, rejectSession) => {
      if (sessions >= maxSessions) {
        refusedSessions += 1;
        rejectSession();
        return;
      }
      sessions += 1;
      const session = acceptSession();
      let kill = () => {};
      session.on('signal', () => kill());
      session.on('exec', async (accept, _reject, { command }) => {
        const channel = accept();
        let counted = true;
        const ended = () => {
          if (counted) sessions -= 1;
          counted = false;
        };
        channel.on('close', ended);
        if (options.answer !== undefined) {
          say(channel, options.answer(command));
          return;
        }
        await commands.pass({ command, when: 'before' });
        if (!counted) return; // nobody waits for it any more
        kill = run(command, channel, options.root, env, async () => {
          ended(); // before the other side hears of it, and may ask for the next
          await commands.pass({ command, when: 'after' });
        });
      });
    });
  };

  let ssh = new ssh2.Server({ hostKeys: [hostKey.private] }, serve);
  const sockets = new Set<Socket>();
  let accepted = 0;
  let refused = 0;
  let plugged = true;
  const listener = createServer((socket) => {
    if (!plugged) {
      refused += 1;
      socket.destroy();
      return;
    }
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    ssh.injectSocket(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    user,
    hostKey: hostKey.public,
    changeHostKey() {
      const next = newKey();
      ssh = new ssh2.Server({ hostKeys: [next.private] }, serve);
      return next.public;
    },
    cut,
    unplug() {
      plugged = false;
      cut();
    },
    plugIn() {
      plugged = true;
    },
    commands,
    connections: () => accepted,
    refused: () => refused,
    refusedSessions: () => refusedSessions,
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Leads a channel to another host, as a jump host does. */
function forward(host: string, port: number, accept: () => ServerChannel, reject: () => void): void {
  const socket = connect(port, host);
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.off('error', reject);
    const channel = accept();
    for (const end of [channel, socket]) end.on('error', () => {});
    channel.pipe(socket).pipe(channel);
    socket.on('close', () => channel.close());
    channel.on('close', () => socket.destroy());
  });
}

/** Ends a command well that prints nothing but this. */
function say(channel: ServerChannel, text: string): void {
  channel.on('error', () => {});
  channel.resume();
  channel.write(text, () => {
    channel.exit(0);
    channel.end();
  });
}

/** Runs a command with its ends tied to the channel; returns what kills it. */
function run(
  command: string,
  channel: ServerChannel,
  cwd: string,
  env: NodeJS.ProcessEnv,
  ended: () => Promise<void>,
): () => void {
  const child = spawn('/bin/sh', ['-c', command], { cwd, env, detached: true });
  const ignore = () => {};
  channel.pipe(child.stdin).on('error', ignore); // a command may end without reading its input
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('error', ignore);
  channel.stderr.on('error', ignore);
  channel.on('close', () => {
    for (const end of [child.stdin, child.stdout, child.stderr]) end.destroy();
  });
  child.on('close', async (code, signal) => {
    await ended();
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace('SIG', ''));
    channel.unpipe(child.stdin);
    channel.resume(); // input nobody read holds up the channel's end
    channel.end();
  });
  return () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
  };
}

/** The folders of PATH that this user may enter: for a command in any other the shell says 126 instead of 127. */
function openPath(): string {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.filter((folder) => mayEnter(folder)).join(':');
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
