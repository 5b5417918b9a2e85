import { createHash } from 'node:crypto';
import type { ArtifactName } from '../domain/artifact.ts';
import type { Judgement, Question } from './judge.ts';
import { judgeTarball } from './judging.ts';

export interface Examined extends Judgement {
  /** Of all bytes, also where the listing ended early. */
  sha256: string;
  bytes: number;
}

/** Reads a tarball to its end, once: digest, overview and what the tarball policy says. Throws what the source throws. */
export async function examineTarball(source: AsyncGenerator<Buffer>, question: Question): Promise<Examined> {
  const hash = createHash('sha256');
  let bytes = 0;
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const chunks = hashed();
  // The listing may end early, the digest is of all bytes: an iterable that has no return() stays open.
  const open = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
  const judgement = await judgeTarball(open, question);
  for await (const _chunk of chunks);
  return { sha256: hash.digest('hex'), bytes, ...judgement };
}

/** What an artifact's own name lets expect of it, where nothing else is known. */
export function expectationOf({ os, cpu, accelerator, version }: ArtifactName): Question['expect'] {
  return { target: { os: os === 'macos' ? 'macos' : 'linux', cpu, accelerator }, version };
}
