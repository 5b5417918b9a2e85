import { createHash } from 'node:crypto';
import { Permanent } from '../domain/errors.ts';

/** The one key a host may show. */
export interface PinnedKey {
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  fingerprint: string;
  /** Key type (`ssh-ed25519`), or null when only the fingerprint is known. */
  type: string | null;
}

/**
 * Reads a pinned host key: a line of a public key file (`ssh-ed25519 AAAA… comment`) or a fingerprint (`SHA256:…`).
 * @throws Permanent when it is neither
 */
export function parseHostKey(text: string): PinnedKey {
  const fingerprintOnly = /^SHA256:[A-Za-z0-9+/]{43}$/.exec(text.trim());
  if (fingerprintOnly !== null) return { fingerprint: fingerprintOnly[0], type: null };
  const line = /^((?:ssh|ecdsa)-[a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})(?: .*)?$/.exec(text.trim());
  const [, type, blob] = line ?? [];
  if (type === undefined || blob === undefined) {
    throw new Permanent('a host key is a line like "ssh-ed25519 AAAA…" or a fingerprint like "SHA256:…"');
  }
  return { fingerprint: fingerprintOf(Buffer.from(blob, 'base64')), type };
}

/** Fingerprint of a public key in SSH's wire form. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
