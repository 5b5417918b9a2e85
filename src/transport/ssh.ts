import type { ClientChannel } from 'ssh2';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Transport } from '../ports.ts';
import { type Deadline, pause, until } from './deadline.ts';
import { quote } from './quote.ts';
import type { SshConnection } from './ssh-connection.ts';
import { SshConnections } from './ssh-connections.ts';
import type { SshOptions } from './ssh-options.ts';
import { type Started, transportOver } from './started.ts';

/**
 * Runs commands on a host over one SSH connection, which it shares with the other transports made of `connections`.
 * Bytes move by `exec` as well: SFTP is several times slower here, and wherever a build can be started, so can `cat`.
 * @throws Permanent when a key cannot be read
 */
export function sshTransport(options: SshOptions, connections = new SshConnections()): Transport {
  const lease = connections.take(options);
  const { connection } = lease;
  const where = options.host;
  const running = new Set<Started>();
  const closing = new AbortController();

  async function start(
    argv: readonly string[],
    hasInput: boolean,
    { signal, at }: Deadline,
  ): Promise<Started> {
    const due = { signal: AbortSignal.any([signal, closing.signal]), at };
    // `exec`: the command takes the login shell's place, so that signals and exit codes are its own. Without input the
    // channel's end stays open: once it is shut, ssh2 sends no more signals.
    const line = `exec ${quote(argv)}${hasInput ? '' : ' </dev/null'}`;
    for (let tries = 1; ; tries += 1) {
      await connection.client(due); // nobody queues for a host that cannot be reached in time
      await connection.sessions.take(due.signal);
      const command = open(connection, line, hasInput, due);
      // The place is free again when the channel is closed, not when we stop waiting for it.
      const release = () => connection.sessions.release();
      command.then(({ closed }) => closed.then(release), release);
      try {
        const begun = await until(command, due.signal);
        running.add(begun);
        begun.closed.then(() => running.delete(begun));
        return begun;
      } catch (error) {
        command.then(({ kill }) => kill()).catch(() => {});
        if (!(error instanceof NoSession) || tries === SESSION_TRIES) throw error;
        await pause(SESSION_PAUSE_MS * tries, due.signal);
      }
    }
  }

  return transportOver(where, start, {
    health: () => connection.health(),
    async close() {
      closing.abort(new Permanent(`the connection to ${connection.name} was closed`));
      for (const command of running) command.kill();
      await lease.release();
    },
  });
}

/** A server that refuses a session is asked again after this long, then twice as long, … */
const SESSION_PAUSE_MS = 25;
const SESSION_TRIES = 12;

/** The server has no session left at the moment. */
class NoSession extends Retryable {}

async function open(
  connection: SshConnection,
  line: string,
  hasInput: boolean,
  due: Deadline,
): Promise<SshStarted> {
  const { name, sessions } = connection;
  const client = await connection.client(due);
  return new Promise((resolve, reject) => {
    const refused = (error: Error & { reason?: unknown }) => {
      const message = `${name} did not start a command: ${error.message}`;
      const again = error.reason !== undefined && sessions.refused();
      reject(again ? new NoSession(message, { cause: error }) : new Retryable(message, { cause: error }));
    };
    try {
      // Listeners are added at once: the exit of a short command may be in the bytes that are read already.
      client.exec(line, (error, channel) => {
        if (error) refused(error);
        else resolve(started(channel, hasInput, connection));
      });
    } catch (error) {
      refused(error as Error); // the connection has just ended
    }
  });
}

interface SshStarted extends Started {
  closed: Promise<void>;
}

function started(channel: ClientChannel, hasInput: boolean, connection: SshConnection): SshStarted {
  const { name, sessions } = connection;
  let exited = false;
  let over = false;
  const closed = Promise.withResolvers<void>();
  const exit = Promise.withResolvers<number | null>();
  sessions.opened();
  const ended = () => sessions.ended();
  exit.promise.then(ended, ended);
  channel.on('exit', (code: number | null) => {
    exited = true;
    exit.resolve(code);
  });
  channel.on('close', () => {
    over = true;
    closed.resolve();
    // A server that dies sends no exit status, and the command may live on.
    if (!exited) exit.reject(new Retryable(`${name}: the connection was lost while a command was running`));
  });
  return {
    stdin: hasInput ? channel : null,
    stdout: channel,
    stderr: channel.stderr,
    exit: exit.promise,
    closed: closed.promise,
    kill() {
      if (over) return;
      over = true;
      abandon(channel);
      if (!exited) connection.abandoned(closed.promise);
    },
  };
}

/**
 * Ends the command on the other side as far as SSH can, and lets the channel close whatever is still unread. OpenSSH
 * passes no signals to root's commands, nor does ssh2 after the input's end: these see their input and output closed.
 */
function abandon(channel: ClientChannel): void {
  channel.on('error', () => {});
  channel.signal('KILL');
  channel.close();
  channel.resume();
  channel.stderr.resume();
}
