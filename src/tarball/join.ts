import type { TarMember } from '../domain/artifact.ts';
import { Permanent } from '../domain/errors.ts';
import { BrokenTarball } from './decompress.ts';
import { blockSize } from './header.ts';
import { padded, piecesOf, type TarballFile } from './pieces.ts';

/** Small members are handed on together, in chunks of about this many bytes. */
const chunkBytes = 256 * 1024;

export interface Joined {
  /** Uncompressed tar. Throws Permanent where a file is not what it must be. */
  bytes: AsyncGenerator<Buffer>;
  /** What went through so far. */
  count: { members: number; bytes: number };
}

/**
 * Several compressed tarballs as one uncompressed tar: the members of each without *any* of its trailing zero blocks
 * (what comes after the first of them is ignored by readers, silently), then two zero blocks once.
 *
 * When a file turns out to be wrong, what was handed on ends inside a member before the error is thrown: a tar that ends
 * between two members would be taken for a whole one. A process that dies cannot do that, so whoever publishes needs the
 * whole stream, verified, before it begins.
 * @param keep called once for each member, in order; false leaves it out
 */
export function joinTarballs(
  files: readonly TarballFile[],
  keep: (member: TarMember, file: TarballFile) => boolean = () => true,
): Joined {
  const count = { members: 0, bytes: 0 };
  return { bytes: counted(gathered(pieces(files, keep, count)), count), count };
}

async function* pieces(
  files: readonly TarballFile[],
  keep: (member: TarMember, file: TarballFile) => boolean,
  count: { members: number },
): AsyncGenerator<Buffer> {
  for (const file of files) {
    let kept = false;
    let missing = 0;
    try {
      for await (const { member, kind, bytes } of piecesOf(file)) {
        if (kind === 'header') {
          kept = keep(member, file);
          if (kept) count.members++;
        }
        if (!kept) continue;
        missing = kind === 'header' ? padded(member.bytes) : missing - bytes.length;
        yield bytes;
      }
    } catch (error) {
      // Half a header: between two members, the tar must not end.
      if (missing === 0) yield Buffer.alloc(blockSize / 2, 'cut off on purpose ');
      if (error instanceof BrokenTarball) {
        throw new Permanent(`${file.path}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }
  yield Buffer.alloc(2 * blockSize);
}

async function* gathered(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  const take = (): Buffer => {
    const [only] = held;
    const whole = held.length === 1 && only !== undefined ? only : Buffer.concat(held);
    held = [];
    bytes = 0;
    return whole;
  };
  try {
    for await (const piece of source) {
      held.push(piece);
      bytes += piece.length;
      if (bytes >= chunkBytes) yield take();
    }
  } catch (error) {
    if (bytes > 0) yield take();
    throw error;
  }
  if (bytes > 0) yield take();
}

async function* counted(source: AsyncIterable<Buffer>, count: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    count.bytes += chunk.length;
    yield chunk;
  }
}
