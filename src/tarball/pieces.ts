import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { TarMember } from '../domain/artifact.ts';
import { quoteName } from '../domain/tarball-policy.ts';
import { BrokenTarball, type Compression, decompress } from './decompress.ts';
import { blockSize, isZeroBlock, malformed, readHeader } from './header.ts';
import { TarReader } from './reader.ts';
import { chunksOf } from './source.ts';

/** A compressed tarball on this machine, and what it must be. */
export interface TarballFile {
  path: string;
  compression: Compression;
  sha256: string;
}

/** Some bytes of a member, as they stand in the tar. A member begins with one `header` piece, extensions included. */
export interface TarPiece {
  member: TarMember;
  kind: 'header' | 'content';
  /** Padding included; the member says how much of it is content. */
  bytes: Buffer;
}

/**
 * The members of a tarball, without the zero blocks at its end, in constant memory. Throws BrokenTarball, at the latest
 * after the last piece, where the bytes are not a whole tar or not the file that was expected.
 */
export async function* piecesOf(file: TarballFile): AsyncGenerator<TarPiece> {
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(createReadStream(file.path), file.path)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const splitter = new Splitter();
  for await (const chunk of decompress(hashed(), file.compression)) yield* splitter.split(chunk);
  splitter.end();
  if (hash.digest('hex') !== file.sha256) {
    throw new BrokenTarball('digest', 'It is no longer the file that was verified.');
  }
}

/** Finds where members begin; the strict reader sees all bytes first, so only what it accepts is passed on. */
class Splitter {
  readonly #reader = new TarReader((member) => this.#begin(member));
  #begun: TarMember | null = null;
  #current: TarMember | null = null;
  #content = 0;
  /** Bytes of an extension (a long name, pax records) still to come, and the blocks of it and its header so far. */
  #extension = 0;
  #before: Buffer[] = [];
  #partial: Buffer[] = [];
  #partialBytes = 0;

  *split(chunk: Buffer): Generator<TarPiece> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#content > 0 && this.#current !== null) {
        const bytes = chunk.subarray(at, at + this.#content);
        this.#reader.write(bytes);
        this.#content -= bytes.length;
        at += bytes.length;
        yield { member: this.#current, kind: 'content', bytes };
        continue;
      }
      const piece = chunk.subarray(at, at + blockSize - this.#partialBytes);
      this.#partial.push(piece);
      this.#partialBytes += piece.length;
      at += piece.length;
      if (this.#partialBytes === blockSize) yield* this.#block();
    }
  }

  end(): void {
    // What is left of a block that is not whole, so that the reader can say where it was cut.
    for (const piece of this.#partial.splice(0)) this.#reader.write(piece);
    this.#reader.end();
  }

  *#block(): Generator<TarPiece> {
    const block =
      this.#partial.length === 1 ? (this.#partial[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#partial);
    this.#partial = [];
    this.#partialBytes = 0;
    this.#begun = null;
    this.#reader.write(block);
    if (this.#extension > 0) {
      this.#extension -= blockSize;
      this.#before.push(block);
    } else if (this.#begun !== null) {
      const member: TarMember = this.#begun;
      this.#current = member;
      this.#content = padded(member.bytes);
      const bytes = Buffer.concat([...this.#before, block]);
      this.#before = [];
      yield { member, kind: 'header', bytes };
    } else if (!isZeroBlock(block, 0)) {
      this.#extension = padded(readHeader(block, 0).size);
      this.#before.push(block);
    }
  }

  #begin(member: TarMember): void {
    if (member.type === 'other' || member.type === 'device' || member.type === 'fifo') {
      throw malformed(`a member that is neither a file, a directory nor a link: ${quoteName(member.path)}`);
    }
    this.#begun = member;
  }
}

/** Bytes of a member's content in a tar. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / blockSize) * blockSize;
}
