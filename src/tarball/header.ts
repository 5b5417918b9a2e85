import type { TarMember } from '../domain/artifact.ts';
import { BrokenTarball } from './decompress.ts';

/** Size of a tar block; headers are one, contents are padded to a multiple. */
export const blockSize = 512;

/** One header block, as it stands; what pax and GNU extensions say comes on top. */
export interface Header {
  path: string;
  link: string;
  mode: number;
  size: number;
  /** The type flag, one character. */
  flag: string;
}

/**
 * Reads a header block of the ustar, pax, GNU or v7 format (POSIX.1-2017 "pax"; GNU tar manual, "Basic Tar Format").
 * Throws BrokenTarball where the checksum or a number is wrong.
 */
export function readHeader(block: Buffer, at: number): Header {
  const stored = octal(block, at + 148, 8);
  if (stored !== checksum(block, at)) throw malformed('a header with a wrong checksum');
  const ustar = block.readUInt32BE(at + 257) === 0x75737461 && block.readUInt16BE(at + 261) === 0x7200; // `ustar` and NUL
  const name = text(block, at, 100);
  // Only POSIX headers have a prefix; GNU's keep other things there.
  const prefix = ustar && block[at + 345] !== 0 ? `${text(block, at + 345, 155)}/` : '';
  return {
    path: prefix + name,
    link: text(block, at + 157, 100),
    mode: octal(block, at + 100, 8) & 0o7777,
    size: octal(block, at + 124, 12),
    flag: String.fromCharCode(block[at + 156] ?? 0),
  };
}

export function malformed(what: string): BrokenTarball {
  return new BrokenTarball('malformed', `The tarball has ${what}.`);
}

export function isZeroBlock(block: Buffer, at: number): boolean {
  for (let index = at; index < at + blockSize; index++) if (block[index] !== 0) return false;
  return true;
}

/** Sum of the bytes of the header with its checksum field taken as spaces. */
function checksum(block: Buffer, at: number): number {
  let sum = 8 * 32;
  for (let index = at; index < at + 148; index++) sum += block[index] ?? 0;
  for (let index = at + 156; index < at + blockSize; index++) sum += block[index] ?? 0;
  return sum;
}

/** Bytes up to the first NUL; what is not UTF-8 becomes U+FFFD, which the policy refuses. */
function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

/** Octal digits between spaces and NULs, or GNU's base-256 where the first bit is set. */
function octal(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) return base256(block, at, length);
  let index = at;
  const end = at + length;
  while (index < end && block[index] === 0x20) index++;
  let value = 0;
  for (; index < end; index++) {
    const byte = block[index] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) throw malformed('a header with a number that is none');
    value = value * 8 + byte - 0x30;
  }
  return value;
}

function base256(block: Buffer, at: number, length: number): number {
  // 0xff would start a negative number, and a size beyond 2^53 is none.
  let value = (block[at] ?? 0) & 0x7f;
  for (let index = at + 1; index < at + length; index++) value = value * 256 + (block[index] ?? 0);
  if (!Number.isSafeInteger(value)) throw malformed('a header with a number that is out of range');
  return value;
}

/** What the flag says a member is; a name with a slash at its end has meant a directory since before there was a flag. */
export function memberType(flag: string, path: string): TarMember['type'] {
  switch (flag) {
    case '0':
    case '\0':
    case '7':
      return path.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '3':
    case '4':
      return 'device';
    case '5':
      return 'directory';
    case '6':
      return 'fifo';
    default:
      return 'other';
  }
}
