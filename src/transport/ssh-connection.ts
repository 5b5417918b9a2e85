import type { Client as Ssh2Client } from 'ssh2';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Log, TransportHealth } from '../ports.ts';
import { Backoff } from './backoff.ts';
import { type Deadline, pause, until } from './deadline.ts';
import { Sessions } from './sessions.ts';
import { type Dialled, Dialler } from './ssh-dial.ts';
import type { SshHost } from './ssh-options.ts';

/** OpenSSH allows 10 sessions on a connection (MaxSessions); two are left for what is just closing. */
const SESSIONS = 8;
/** A connection that is lost sooner has failed: a host that hangs up on everybody must not be dialled without a pause. */
const STEADY_MS = 5_000;
/** How long a server may take to close the session of a command that was given up. */
const HANGING_MS = 500;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * One connection to a host, opened when first wanted, shared, and opened anew after it was lost: at once when it had
 * been steady, else after a pause that grows. Nobody but the commands asks for it: an idle host is left alone.
 */
export class SshConnection {
  /** `user@host:port` */
  readonly name: string;
  readonly sessions = new Sessions(SESSIONS);
  readonly #host: SshHost;
  readonly #log: Log;
  readonly #dialler: Dialler;
  readonly #backoff = new Backoff();
  #current: Dialled | null = null;
  #closed = false;
  /** Why the last try failed. */
  #failure: Error | null = null;
  #state: Pick<TransportHealth, 'state' | 'since' | 'detail'>;
  /** Sessions whose commands were given up, and which the server keeps. */
  #hanging = 0;

  /**
   * @param via what forwards to the host; null when it is reached directly
   * @throws Permanent when the pinned key or the private key cannot be read
   */
  constructor(host: SshHost, via: SshConnection | null, log: Log) {
    this.name = `${host.user}@${host.host}:${host.port}`;
    this.#host = host;
    this.#log = log;
    this.#dialler = new Dialler(host, this.name, via);
    this.#state = { state: 'connecting', since: Date.now(), detail: 'no command has wanted it so far' };
  }

  /**
   * The open connection. Waits for the next try where one is due in time. Throws Retryable when the host cannot be
   * reached, Permanent when its key or ours is refused, the deadline's reason when that comes first.
   */
  async client({ signal, at }: Deadline): Promise<Ssh2Client> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#closed) throw new Permanent(`the connection to ${this.name} was closed`);
      const wait = this.#current === null ? this.#backoff.waitMs() : 0;
      if (wait === 0) {
        this.#current ??= this.#connect();
        return until(this.#current.ready, signal);
      }
      if (this.#failure instanceof Permanent) throw this.#failure;
      if (performance.now() + wait >= at) {
        const why = this.#failure?.message ?? this.name;
        const message = `${why}; the next try is in ${Math.ceil(wait / 1000)} s`;
        throw new Retryable(message, { cause: this.#failure, retryAfterMs: Math.ceil(wait) });
      }
      await pause(wait, signal);
    }
  }

  health(): TransportHealth {
    const aside = this.#backoff.setAsideMs();
    return {
      ...this.#state,
      failures: this.#backoff.failures,
      setAsideUntil: aside > 0 ? Date.now() + Math.ceil(aside) : null,
    };
  }

  /** A server may keep the session of a command that will not die; when all are such, only a new connection helps. */
  abandoned(closed: Promise<void>): void {
    this.#hanging += 1;
    closed.then(() => {
      this.#hanging -= 1;
    });
    setTimeout(() => {
      if (this.#hanging >= this.sessions.limit) this.#drop();
    }, HANGING_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const gone = this.#drop();
    if (gone === null) return;
    const timeout = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    await until(gone, timeout).catch(() => {}); // the peer of a socket that is not flushed is no reason to wait on
  }

  /** Breaks the connection by our own will; resolves when it is gone, null when there is none. */
  #drop(): Promise<void> | null {
    const current = this.#current;
    if (current === null) return null;
    this.#current = null;
    current.hangUp();
    this.#enter('connecting', 'it is opened for the next command');
    return current.gone;
  }

  #connect(): Dialled {
    const dialled = this.#dialler.dial();
    let steady = false;
    let timer: NodeJS.Timeout | undefined;
    dialled.ready.then(
      () => {
        if (this.#current !== dialled) return;
        this.sessions.reset();
        this.#enter('connected', 'connected');
        timer = setTimeout(() => {
          steady = true;
          this.#backoff.succeeded();
        }, STEADY_MS).unref();
      },
      () => {},
    );
    dialled.lost.then((reason) => {
      clearTimeout(timer);
      if (this.#current !== dialled) return; // dropped by us
      this.#current = null;
      this.#failure = reason;
      if (steady) {
        this.#enter('connecting', reason.message);
        return;
      }
      const certain = reason instanceof Permanent;
      this.#backoff.failed(certain);
      this.#enter(certain ? 'refused' : 'unreachable', reason.message);
    });
    return dialled;
  }

  #enter(state: TransportHealth['state'], detail: string): void {
    const before = this.#state.state;
    const since = state === before ? this.#state.since : Date.now();
    this.#state = { state, since, detail };
    if (state === before) return;
    const { host, port } = this.#host;
    if (state === 'connected') this.#log.debug({ host, port }, 'SSH connection opened');
    else if (state === 'connecting') this.#log.debug({ host, port, detail }, 'SSH connection closed');
    else this.#log.warn({ host, port, detail }, 'SSH host cannot be used');
  }
}
