import ssh2, { type ParsedKey } from 'ssh2';
import { Permanent } from '../domain/errors.ts';

/** What keeps a private key from being used. */
export type KeyFlaw = 'unreadable' | 'locked' | 'wrong passphrase';

/** Looks at a private key before it is needed; null when it can be used. A passphrase for a key without one is no flaw. */
export function privateKeyFlaw(privateKey: Buffer | string, passphrase?: string): KeyFlaw | null {
  const key = open(privateKey, passphrase);
  return typeof key === 'string' ? key : null;
}

/** @param whose for the message, which says nothing of the key @throws Permanent when it cannot be used */
export function readPrivateKey(
  privateKey: Buffer | string,
  passphrase: string | undefined,
  whose: string,
): ParsedKey {
  const key = open(privateKey, passphrase);
  if (typeof key !== 'string') return key;
  throw new Permanent(`${SENTENCES[key]} for ${whose}`);
}

const SENTENCES: Record<KeyFlaw, string> = {
  unreadable: 'there is no private key that can be read',
  locked: 'a passphrase is missing for the private key',
  'wrong passphrase': 'the passphrase does not open the private key',
};

function open(privateKey: Buffer | string, passphrase: string | undefined): ParsedKey | KeyFlaw {
  const bare = ssh2.utils.parseKey(privateKey);
  if (!(bare instanceof Error)) return bare.isPrivateKey() ? bare : 'unreadable';
  if (!/no passphrase given/.test(bare.message)) return 'unreadable';
  if (passphrase === undefined) return 'locked';
  const key = ssh2.utils.parseKey(privateKey, passphrase);
  return key instanceof Error ? 'wrong passphrase' : key;
}
