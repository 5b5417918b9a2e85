import ssh2, {
  type AgentAuthMethod,
  type ClientChannel,
  type ConnectConfig,
  type PublicKeyAuthMethod,
  type ServerHostKeyAlgorithm,
  type Client as Ssh2Client,
} from 'ssh2';
import { Permanent, Retryable } from '../domain/errors.ts';
import { type Deadline, startDeadline, until } from './deadline.ts';
import { fingerprintOf, type PinnedKey, parseHostKey } from './host-key.ts';
import { readPrivateKey } from './private-key.ts';
import type { SshHost } from './ssh-options.ts';

/** From the first packet to the login, jump hosts included. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that does not answer is given up after three of these. */
const KEEPALIVE_MS = 2_000;
const KEEPALIVE_TRIES = 3;

/** Signature algorithms that prove a pinned key: an RSA key has newer ones than its own name. */
const SIGNATURES: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** One try to reach a host, and the connection it led to. */
export interface Dialled {
  /** Rejects with what `lost` resolves with when the try fails. */
  ready: Promise<Ssh2Client>;
  /** Resolves once, with Retryable, or with Permanent when one of the two keys is refused. */
  lost: Promise<Error>;
  /** Resolves when the socket is closed. */
  gone: Promise<void>;
  hangUp(): void;
}

/** What forwards to the next host. */
export interface Via {
  name: string;
  client(due: Deadline): Promise<Ssh2Client>;
}

/** Opens connections to one host, each with the pinned host key and nothing but the one identity. */
export class Dialler {
  readonly #host: SshHost;
  readonly #name: string;
  readonly #via: Via | null;
  readonly #pinned: PinnedKey;
  readonly #login: PublicKeyAuthMethod | AgentAuthMethod;

  /** @throws Permanent when the pinned key or the private key cannot be read */
  constructor(host: SshHost, name: string, via: Via | null) {
    this.#host = host;
    this.#name = name;
    this.#via = via;
    this.#pinned = parseHostKey(host.hostKey);
    const { user: username, identity } = host;
    // A locked key is opened once: that takes tenths of a second.
    this.#login =
      'agent' in identity
        ? { type: 'agent', username, agent: identity.agent }
        : {
            type: 'publickey',
            username,
            key: readPrivateKey(identity.privateKey, identity.passphrase, name),
          };
  }

  dial(): Dialled {
    const client = new ssh2.Client();
    const ready = Promise.withResolvers<Ssh2Client>();
    const lost = Promise.withResolvers<Error>();
    const gone = Promise.withResolvers<void>();
    const due = startDeadline(CONNECT_TIMEOUT_MS, `the login to ${this.#name}`);
    let shown: string | null = null;
    let over = false;
    let dialling = false;
    const end = (error: Error) => {
      if (over) return;
      over = true;
      due.clear();
      const reason = this.#reason(error, shown);
      lost.resolve(reason);
      ready.reject(reason);
      client.destroy();
      if (!dialling) gone.resolve();
    };
    client.on('connect', () => client.setNoDelay(true)); // or every small packet waits 40 ms for the one before
    client.on('ready', () => {
      due.clear();
      ready.resolve(client);
    });
    client.on('error', end);
    client.on('end', () => end(new Error('the connection was closed')));
    client.on('close', () => {
      end(new Error('the connection was closed'));
      gone.resolve();
    });
    due.signal.addEventListener('abort', () => end(due.signal.reason));
    const connect = (sock?: ClientChannel) => {
      if (over) {
        sock?.destroy();
        return;
      }
      dialling = true;
      const verify = (key: Buffer) => {
        shown = fingerprintOf(key);
        return shown === this.#pinned.fingerprint;
      };
      client.connect({ ...this.#settings(verify), ...(sock === undefined ? {} : { sock }) });
    };
    if (this.#via === null) connect();
    else this.#forwarded(this.#via, due).then(connect).catch(end);
    return {
      ready: ready.promise,
      lost: lost.promise,
      gone: gone.promise,
      hangUp: () => end(new Error('the connection was closed')),
    };
  }

  async #forwarded(via: Via, due: Deadline): Promise<ClientChannel> {
    const { host, port } = this.#host;
    const client = await via.client(due);
    const channel = new Promise<ClientChannel>((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, host, port, (error, forwarded) =>
        error
          ? reject(new Retryable(`${via.name} does not lead there: ${error.message}`))
          : resolve(forwarded),
      );
    });
    try {
      return await until(channel, due.signal);
    } catch (error) {
      channel.then((late) => late.destroy()).catch(() => {});
      throw error;
    }
  }

  #settings(hostVerifier: (key: Buffer) => boolean): ConnectConfig {
    const { host, port, user } = this.#host;
    return {
      host,
      port,
      username: user,
      authHandler: [this.#login],
      readyTimeout: CONNECT_TIMEOUT_MS,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_TRIES,
      hostVerifier,
      algorithms: {
        // Done by the processor itself, several times as fast as the default.
        cipher: {
          prepend: ['aes128-gcm@openssh.com', 'aes128-gcm', 'aes256-gcm@openssh.com', 'aes256-gcm'],
          append: [],
          remove: [],
        },
        ...this.#hostKeyAlgorithms(),
      },
    };
  }

  /** A host has several keys: ask for the one that is pinned. */
  #hostKeyAlgorithms(): { serverHostKey?: ServerHostKeyAlgorithm[] } {
    const type = this.#pinned.type;
    if (type === null) return {};
    return { serverHostKey: SIGNATURES[type] ?? [type as ServerHostKeyAlgorithm] };
  }

  #reason(error: Error & { level?: string }, shown: string | null): Error {
    if (shown !== null && shown !== this.#pinned.fingerprint) {
      const message = `${this.#name} shows the host key ${shown}, but ${this.#pinned.fingerprint} is configured`;
      return new Permanent(message, { cause: error });
    }
    if (error.level === 'client-authentication') {
      const ours = this.#login.type === 'agent' ? 'every key of the agent at our side' : 'our key';
      return new Permanent(`${this.#name} refuses ${ours}`, { cause: error });
    }
    if (error.level === 'agent') {
      return new Retryable(`the SSH agent does not sign for ${this.#name}: ${error.message}`, {
        cause: error,
      });
    }
    const message = `${this.#name} cannot be reached: ${error.message || error.name}`;
    // A jump host that shows another key is as final as the host itself.
    if (error instanceof Permanent) return new Permanent(message, { cause: error });
    return new Retryable(message, { cause: error });
  }
}
