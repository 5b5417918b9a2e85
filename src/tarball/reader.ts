import type { TarMember } from '../domain/artifact.ts';
import { quoteName } from '../domain/tarball-policy.ts';
import { BrokenTarball } from './decompress.ts';
import { blockSize, type Header, isZeroBlock, malformed, memberType, readHeader } from './header.ts';
import { type PaxFields, readPax } from './pax.ts';

/** An extended header or a long name is at most this long; real ones have hundreds of bytes. */
const maxExtension = 1024 * 1024;

/**
 * Reads the members of an uncompressed tar from chunks of any size, without copying contents; a chunk is not kept
 * after its call. It is stricter than tar(1), because what two tools could read differently must not be approved by one
 * and unpacked by the other: headers of unknown meaning, links with content, a lone zero block and data after the end
 * throw BrokenTarball, and `end()` insists on the two zero blocks, without which a tar cut off between two members
 * looks complete.
 */
export class TarReader {
  readonly #onMember: (member: TarMember) => void;
  /** Bytes of a block or an extension that did not end with its chunk. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #skip = 0;
  #zeroBlocks = 0;
  #current = '';
  #extension: { flag: string; size: number } | null = null;
  #next: PaxFields & { long?: true; pax?: true } = {};
  /** Uncompressed bytes so far. */
  bytes = 0;

  constructor(onMember: (member: TarMember) => void) {
    this.#onMember = onMember;
  }

  write(chunk: Buffer): void {
    this.bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const wanted = this.#extension === null ? blockSize : padded(this.#extension.size);
      if (this.#partialBytes === 0 && chunk.length - at >= wanted) {
        this.#take(chunk, at);
        at += wanted;
        continue;
      }
      const piece = chunk.subarray(at, at + wanted - this.#partialBytes);
      this.#partial.push(Buffer.from(piece)); // a copy: whoever gave the chunk may write the next one over it
      this.#partialBytes += piece.length;
      at += piece.length;
      if (this.#partialBytes === wanted) {
        const whole = Buffer.concat(this.#partial);
        this.#partial = [];
        this.#partialBytes = 0;
        this.#take(whole, 0);
      }
    }
  }

  /** Throws BrokenTarball when this is not where a tar ends. */
  end(): void {
    if (this.bytes === 0)
      throw new BrokenTarball('truncated', 'The tarball is empty: it has not even an end.');
    if (this.#skip > 0) throw truncated(`inside ${quoteName(this.#current)}`);
    if (this.#partialBytes > 0 || this.#extension !== null) throw truncated('inside a header');
    if (this.#zeroBlocks < 2) {
      throw truncated(this.#current === '' ? 'before its end' : `after ${quoteName(this.#current)}`);
    }
  }

  #take(buffer: Buffer, at: number): void {
    if (this.#extension !== null) {
      const { flag, size } = this.#extension;
      this.#extension = null;
      this.#extend(flag, buffer.subarray(at, at + size));
    } else if (isZeroBlock(buffer, at)) {
      if (Object.keys(this.#next).length > 0) throw malformed('an extended header with no member after it');
      this.#zeroBlocks++;
    } else if (this.#zeroBlocks > 0) {
      throw new BrokenTarball('trailing', 'There is other data after the end of the tar archive.');
    } else {
      this.#member(readHeader(buffer, at));
    }
  }

  #member(header: Header): void {
    if ('xgLK'.includes(header.flag)) {
      if (header.size > maxExtension) throw malformed('an extended header that is too long');
      this.#extension = { flag: header.flag, size: header.size };
      if (header.size === 0) throw malformed('an empty extended header');
      return;
    }
    const { link = header.link, size = header.size, sparse, capability } = this.#next;
    const path = this.#next.sparsePath ?? this.#next.path ?? header.path;
    this.#next = {};
    this.#current = path;
    const type = sparse === true ? 'other' : memberType(header.flag, path);
    // Tools disagree whether such members have content at all, and so where the next header is.
    if (type !== 'file' && type !== 'other' && size > 0) {
      throw malformed(`content where there can be none, at ${quoteName(path)}`);
    }
    if (path === '') throw malformed('a member without a name');
    this.#skip = padded(size);
    this.#onMember({
      path,
      type,
      bytes: type === 'file' ? size : 0,
      // A capability is setuid by other means, and the policy knows modes.
      mode: capability === true ? header.mode | 0o4000 : header.mode,
      link: type === 'symlink' || type === 'hardlink' ? link : null,
    });
  }

  #extend(flag: string, content: Buffer): void {
    const next = this.#next;
    if (flag === 'g') {
      if (Object.keys(readPax(content)).length > 0) {
        throw malformed('a global header that changes every member after it');
      }
      return;
    }
    if (flag === 'x') {
      if (next.pax === true || next.long === true) throw malformed('two extended headers for one member');
      this.#next = { ...readPax(content), pax: true };
      return;
    }
    const field = flag === 'L' ? 'path' : 'link';
    if (next.pax === true || next[field] !== undefined) throw malformed('two long names for one member');
    const end = content.at(-1) === 0 ? content.length - 1 : content.length;
    this.#next = { ...next, [field]: content.toString('utf8', 0, end), long: true };
  }
}

function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

function truncated(where: string): BrokenTarball {
  return new BrokenTarball('truncated', `The tarball is cut off ${where}.`);
}
