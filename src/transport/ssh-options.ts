import type { Log } from '../ports.ts';

/** Who we are on a host: a private key, or what an agent holds behind its socket. */
type SshIdentity = { privateKey: Buffer | string; passphrase?: string } | { agent: string };

/** A host, who we are there, and which key it must show. */
export interface SshHost {
  host: string;
  port: number;
  user: string;
  /** A public key line (`ssh-ed25519 AAAA…`) or a fingerprint (`SHA256:…`); nothing else is accepted from the host. */
  hostKey: string;
  identity: SshIdentity;
}

export interface SshOptions extends SshHost {
  /** Hosts on the way, the first one first; each is logged in to, and forwards to the next. */
  jump?: readonly SshHost[];
  log: Log;
}
