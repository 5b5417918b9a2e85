import { createHash } from 'node:crypto';

const magic = 'SSHSIG';

/**
 * The key an armoured SSH signature was made with, as `ssh-keygen -l` prints it: `SHA256:…`. Source of the format: OpenSSH's
 * PROTOCOL.sshsig: the magic, a version, the public key after its length. Null for anything else. It says who claims to have
 * signed, not that the signature is good.
 */
export function fingerprintOf(signature: string): string | null {
  const [, armoured] =
    /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]*)-----END SSH SIGNATURE-----\s*$/.exec(signature) ??
    [];
  if (armoured === undefined) return null;
  const blob = Buffer.from(armoured, 'base64');
  const start = magic.length + 8;
  if (blob.length < start || blob.toString('latin1', 0, magic.length) !== magic) return null;
  const key = blob.subarray(start, start + blob.readUInt32BE(start - 4));
  if (key.length === 0 || key.length !== blob.readUInt32BE(start - 4)) return null;
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
