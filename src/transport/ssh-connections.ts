import { createHash } from 'node:crypto';
import { SshConnection } from './ssh-connection.ts';
import type { SshHost, SshOptions } from './ssh-options.ts';

/** A connection in use by somebody. */
export interface Lease {
  connection: SshConnection;
  /** Closes the connection when nobody else uses it. */
  release(): Promise<void>;
}

interface Entry {
  connection: SshConnection;
  uses: number;
  /** On the jump host before it. */
  via: Lease | null;
}

/**
 * Connections by where they lead and as whom: one for each host, user, pinned key, identity and way there, however many
 * pools name it. A jump host is such a connection, too: the nodes behind it share it.
 */
export class SshConnections {
  readonly #entries = new Map<string, Entry>();

  /** @throws Permanent when a pinned key or a private key cannot be read */
  take({ jump = [], log, ...host }: SshOptions): Lease {
    const key = JSON.stringify([...jump, host].map(keyOf));
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const before = jump.at(-1);
      const via = before === undefined ? null : this.take({ ...before, jump: jump.slice(0, -1), log });
      try {
        entry = { connection: new SshConnection(host, via?.connection ?? null, log), uses: 0, via };
      } catch (error) {
        via?.release();
        throw error;
      }
      this.#entries.set(key, entry);
    }
    const { connection } = entry;
    entry.uses += 1;
    let released: Promise<void> | null = null;
    return {
      connection,
      release: () => {
        released ??= this.#release(key, entry);
        return released;
      },
    };
  }

  async #release(key: string, entry: Entry): Promise<void> {
    entry.uses -= 1;
    if (entry.uses > 0) return;
    this.#entries.delete(key);
    await entry.connection.close();
    await entry.via?.release();
  }
}

function keyOf({ host, port, user, hostKey, identity }: SshHost): unknown[] {
  const who =
    'agent' in identity
      ? ['agent', identity.agent]
      : ['key', createHash('sha256').update(identity.privateKey).digest('hex')];
  return [host, port, user, hostKey, ...who];
}
