import type { ClientChannel } from 'ssh2';
import { Retryable } from '../domain/errors.ts';
import type { Transport } from '../ports.ts';
import { Places } from './places.ts';
import { quote } from './quote.ts';
import { SshConnection, type SshOptions } from './ssh-connection.ts';
import { type Started, transportOver } from './started.ts';

/** OpenSSH allows 10 sessions on a connection (MaxSessions); two are left for what is just closing. */
const CHANNELS = 8;

/** Runs commands on a host over one shared SSH connection. @throws Permanent when a key cannot be read */
export function sshTransport(options: SshOptions): Transport {
  const connection = new SshConnection(options);
  const places = new Places(CHANNELS);
  const where = options.host;
  let hanging = 0;

  /** A server may keep the channel of a command that will not die; when all are such, only a new connection helps. */
  function abandoned(closed: Promise<void>): void {
    hanging += 1;
    closed.then(() => {
      hanging -= 1;
    });
    if (hanging === CHANNELS) connection.drop();
  }

  async function start(argv: readonly string[], hasInput: boolean, signal: AbortSignal): Promise<Started> {
    // `exec`: the command takes the login shell's place, so that signals and exit codes are its own. Without input the
    // channel's end stays open: once it is shut, ssh2 sends no more signals.
    const line = `exec ${quote(argv)}${hasInput ? '' : ' </dev/null'}`;
    await places.take(signal);
    const command = open(line, hasInput);
    // The place is free again when the channel is closed, not when we stop waiting for it.
    const release = () => places.release();
    command.then(({ closed }) => closed.then(release), release);
    try {
      return await until(command, signal);
    } catch (error) {
      command.then(({ kill }) => kill()).catch(() => {});
      throw error;
    }
  }

  async function open(line: string, hasInput: boolean): Promise<SshStarted> {
    const client = await connection.client();
    return new Promise((resolve, reject) => {
      const refused = (error: Error) =>
        reject(new Retryable(`${where} did not start a command: ${error.message}`, { cause: error }));
      try {
        // Listeners are added at once: the exit of a short command may be in the bytes that are read already.
        client.exec(line, (error, channel) =>
          error ? refused(error) : resolve(started(channel, hasInput, where, abandoned)),
        );
      } catch (error) {
        refused(error as Error); // the connection has just ended
      }
    });
  }

  return transportOver(where, start, () => connection.close());
}

/** Waits for a promise, but not beyond the signal. */
function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

interface SshStarted extends Started {
  closed: Promise<void>;
}

function started(
  channel: ClientChannel,
  hasInput: boolean,
  where: string,
  abandoned: (closed: Promise<void>) => void,
): SshStarted {
  let exited = false;
  let over = false;
  const closed = Promise.withResolvers<void>();
  const exit = Promise.withResolvers<number | null>();
  exit.promise.catch(() => {});
  channel.on('exit', (code: number | null) => {
    exited = true;
    exit.resolve(code);
  });
  channel.on('close', () => {
    over = true;
    closed.resolve();
    // A server that dies sends no exit status, and the command may live on.
    exit.reject(new Retryable(`${where}: the connection was lost while a command was running`));
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
      if (!exited) abandoned(closed.promise);
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
