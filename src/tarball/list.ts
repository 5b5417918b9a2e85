import type { TarMember, Violation } from '../domain/artifact.ts';
import { BrokenTarball, type Compression } from './decompress.ts';
import { decompressHere } from './decompress-here.ts';
import { TarReader } from './reader.ts';

/** What looks at a tarball while it passes. Returning false ends the reading. */
export interface TarballVisitor {
  member(member: TarMember): boolean;
  /** Both sizes so far, in bytes. */
  sizes(compressed: number, decompressed: number): boolean;
}

const EMPTY: Violation = { rule: 'empty', sentence: 'The file is empty, it has no bytes.' };

/**
 * Lists a compressed tarball in one pass and constant memory, at the pace of the source. Gives what is wrong with the
 * bytes, or null when it was read to a proper end or a visitor had enough; throws what the source throws.
 */
export async function listTarball(
  source: AsyncIterable<Buffer>,
  compression: Compression,
  visitor: TarballVisitor,
): Promise<Violation | null> {
  let compressed = 0;
  let goOn = true;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      compressed += chunk.length;
      yield chunk;
    }
  };
  const reader = new TarReader((member) => {
    if (goOn) goOn = visitor.member(member);
  });
  try {
    for await (const chunk of decompressHere(counted(), compression)) {
      reader.write(chunk);
      if (goOn) goOn = visitor.sizes(compressed, reader.bytes);
      if (!goOn) return null;
    }
    reader.end();
    return null;
  } catch (error) {
    if (!(error instanceof BrokenTarball)) throw error;
    return compressed === 0 ? EMPTY : error.violation;
  }
}
