import type { Readable } from 'node:stream';

/** Says whether content is signed by somebody who may; the reason is a sentence. */
interface SignatureVerifier {
  verify(content: Readable, signature: string): Promise<SignatureVerdict>;
}

/** `unsigned`: what an artifact without a signature is. */
export interface SignatureRule {
  verifier: SignatureVerifier;
  unsigned: 'refuse' | 'accept';
}

export type SignatureVerdict = { ok: true; signer: string } | { ok: false; reason: string };
