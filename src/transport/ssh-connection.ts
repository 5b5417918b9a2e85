import ssh2, { type ServerHostKeyAlgorithm, type Client as Ssh2Client } from 'ssh2';
import { Permanent, Retryable } from '../domain/errors.ts';
import type { Log } from '../ports.ts';
import { fingerprintOf, type PinnedKey, parseHostKey } from './host-key.ts';

/** How a host is reached, who we are there, and which key it must show. */
export interface SshOptions {
  host: string;
  port: number;
  user: string;
  /** A public key line (`ssh-ed25519 AAAA…`) or a fingerprint (`SHA256:…`); nothing else is accepted from the host. */
  hostKey: string;
  identity: { privateKey: Buffer | string; passphrase?: string };
  log: Log;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that does not answer is given up after three of these. */
const KEEPALIVE_MS = 2_000;
const KEEPALIVE_TRIES = 3;

/** Signature algorithms that prove a pinned key: an RSA key has newer ones than its own name. */
const SIGNATURES: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** One connection to a host, opened when first wanted, shared, and opened anew after it was lost. */
export class SshConnection {
  readonly #options: SshOptions;
  readonly #pinned: PinnedKey;
  #current: { client: Ssh2Client; ready: Promise<Ssh2Client> } | null = null;
  #closed = false;

  /** @throws Permanent when the pinned key or the private key cannot be read */
  constructor(options: SshOptions) {
    this.#options = options;
    this.#pinned = parseHostKey(options.hostKey);
    const { privateKey, passphrase } = options.identity;
    const key = ssh2.utils.parseKey(privateKey, passphrase);
    if (key instanceof Error)
      throw new Permanent(`the private key for ${this.#name} cannot be read: ${key.message}`);
  }

  get #name(): string {
    return `${this.#options.user}@${this.#options.host}:${this.#options.port}`;
  }

  /** The open connection; throws Retryable when the host does not answer, Permanent when one of the two keys is refused. */
  async client(): Promise<Ssh2Client> {
    if (this.#closed) throw new Permanent(`the connection to ${this.#name} was closed`);
    this.#current ??= this.#connect();
    return this.#current.ready;
  }

  /** Breaks the connection; the next use opens another. */
  drop(): void {
    this.#current?.client.destroy();
    this.#current = null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#current?.client;
    if (client === undefined) return;
    const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.destroy();
    await gone;
  }

  #connect(): { client: Ssh2Client; ready: Promise<Ssh2Client> } {
    const { host, port, user, identity, log } = this.#options;
    const client = new ssh2.Client();
    let shown: string | null = null;
    const { promise, resolve, reject } = Promise.withResolvers<Ssh2Client>();
    const lost = (error: Error) => {
      if (this.#current?.client === client) this.#current = null;
      reject(this.#reason(error, shown));
    };
    client.on('connect', () => client.setNoDelay(true)); // or every small packet waits 40 ms for the one before
    client.on('ready', () => {
      log.debug({ host, port }, 'SSH connection opened');
      resolve(client);
    });
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection was closed')));
    client.on('close', () => lost(new Error('the connection was closed')));
    client.connect({
      host,
      port,
      username: user,
      privateKey: identity.privateKey,
      ...(identity.passphrase === undefined ? {} : { passphrase: identity.passphrase }),
      readyTimeout: CONNECT_TIMEOUT_MS,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_TRIES,
      hostVerifier: (key: Buffer) => {
        shown = fingerprintOf(key);
        return shown === this.#pinned.fingerprint;
      },
      algorithms: {
        // Done by the processor itself, several times as fast as the default.
        cipher: {
          prepend: ['aes128-gcm@openssh.com', 'aes128-gcm', 'aes256-gcm@openssh.com', 'aes256-gcm'],
          append: [],
          remove: [],
        },
        ...this.#hostKeyAlgorithms(),
      },
    });
    return { client, ready: promise };
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
      return new Permanent(`${this.#name} refuses our key`, { cause: error });
    }
    return new Retryable(`${this.#name} cannot be reached: ${error.message || error.name}`, { cause: error });
  }
}
