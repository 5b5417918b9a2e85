import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Permanent } from '../domain/errors.ts';
import { sshKeygen } from './ssh-keygen.ts';

export interface Signer {
  /** An armoured SSH signature (OpenSSH PROTOCOL.sshsig) of the content, which is read once. */
  sign(content: Readable | string): Promise<string>;
}

type Verdict = { ok: true; signer: string } | { ok: false; reason: string };

interface Verifier {
  /** Whether the content, which is read once, is signed by an allowed signer. The reason is a sentence. */
  verify(content: Readable, signature: string): Promise<Verdict>;
}

interface SshSigning {
  /** What a signature is for: the name of the bot. A signature for anything else is no signature here. */
  namespace: string;
  /** Default `ssh-keygen`. */
  command?: string;
}

/**
 * Signs with `ssh-keygen -Y sign`. The key may have no passphrase and must be closed to others.
 * Throws Permanent where the key cannot be used, and what the content throws.
 */
export function sshSigner(options: SshSigning & { keyFile: string }): Signer {
  const { keyFile, namespace, command = 'ssh-keygen' } = options;
  return {
    async sign(content) {
      const pieces = typeof content === 'string' ? once(content) : content;
      const answer = await sshKeygen(command, ['-Y', 'sign', '-n', namespace, '-f', keyFile], pieces);
      if (answer.ok) return answer.stdout;
      throw new Permanent(`The signing key ${keyFile} cannot be used: ${answer.stderr}`);
    },
  };
}

/**
 * Verifies with `ssh-keygen -Y verify` against a file in the form of `allowed_signers` (ssh-keygen(1)), whose entries
 * say `namespaces="<namespace>"`. Throws Permanent where that file cannot be read.
 */
export function sshVerifier(options: SshSigning & { allowedSigners: string }): Verifier {
  const { allowedSigners, namespace, command = 'ssh-keygen' } = options;
  return {
    async verify(content, signature) {
      await access(allowedSigners, constants.R_OK).catch((cause) => {
        throw new Permanent(`The allowed signers in ${allowedSigners} cannot be read.`, { cause });
      });
      const folder = await mkdtemp(join(tmpdir(), 'stratobot-signature-'));
      try {
        const file = join(folder, 'sig');
        await writeFile(file, signature, { mode: 0o600 });
        const files = ['-f', allowedSigners, '-s', file];
        const found = await sshKeygen(command, ['-Y', 'find-principals', ...files], once(''));
        const [signer = ''] = found.stdout.split('\n');
        if (!found.ok || signer === '') return { ok: false, reason: unknownSigner(found.stderr) };
        const args = ['-Y', 'verify', '-n', namespace, '-I', signer, ...files];
        const verified = await sshKeygen(command, args, content);
        if (verified.ok) return { ok: true, signer };
        return { ok: false, reason: badSignature(verified.stderr, signer, namespace) };
      } finally {
        content.destroy(); // where nobody read it, nobody shall wait for a reader
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function unknownSigner(said: string): string {
  if (/expired/.test(said)) return 'Its signature was made with a key that has expired.';
  if (/not yet valid/.test(said)) return 'Its signature was made with a key that is not valid yet.';
  if (/parse signature|armor|invalid format/.test(said))
    return 'What lies beside it is not an SSH signature.';
  return 'Its signature was made with a key that is not among the allowed signers.';
}

function badSignature(said: string, signer: string, namespace: string): string {
  if (/namespace/.test(said)) return `Its signature by ${signer} is not for ${namespace}.`;
  if (/incorrect signature/.test(said)) return `Its signature by ${signer} is of other bytes.`;
  return `Its signature by ${signer} was not accepted: ${said}`;
}

async function* once(text: string): AsyncGenerator<string> {
  if (text !== '') yield text;
}
