/**
 * Reads a tar as libarchive does for `cvmfs_server ingest`: far more forgiving than the product's reader, on purpose,
 * so that tests show what would be published.
 */
export interface Entry {
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink';
  link: string;
  mode: number;
  content: Buffer;
}

export type Archive = { entries: Entry[] } | { error: 'unrecognized' | 'truncated'; entries: Entry[] };

export function readArchive(bytes: Buffer): Archive {
  const entries: Entry[] = [];
  let at = 0;
  let pax = new Map<string, string>();
  let longPath: string | null = null;
  let longLink: string | null = null;
  if (bytes.length > 0 && bytes.length < 512) return { error: 'unrecognized', entries };
  // An archive that ends between two members, without its end, is as good as any other; and so is an empty one.
  while (at < bytes.length) {
    const header = bytes.subarray(at, at + 512);
    if (header.length < 512) return { error: 'truncated', entries };
    // One block of zeros is the end, whatever comes after it.
    if (header.every((byte) => byte === 0)) break;
    if (!checksumFits(header)) {
      if (at === 0) return { error: 'unrecognized', entries };
      at += 512; // "retry": the reader looks for a header in the next block
      continue;
    }
    const flag = String.fromCharCode(header[156] ?? 0);
    const size = Number(pax.get('size') ?? number(header, 124, 12));
    const content = bytes.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (content.length < size || at > bytes.length) return { error: 'truncated', entries };
    if (flag === 'x') pax = paxRecords(content);
    else if (flag === 'L') longPath = text(content, 0, size);
    else if (flag === 'K') longLink = text(content, 0, size);
    else if (flag !== 'g') {
      const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : '';
      const name = text(header, 0, 100);
      const path = pax.get('path') ?? longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
      const link = pax.get('linkpath') ?? longLink ?? text(header, 157, 100);
      const mode = number(header, 100, 8) & 0o7777;
      entries.push({ path: path.replace(/\/+$/, ''), type: typeOf(flag, path), link, mode, content });
      pax = new Map();
      longPath = longLink = null;
    }
  }
  return { entries };
}

function typeOf(flag: string, path: string): Entry['type'] {
  if (flag === '1') return 'hardlink';
  if (flag === '2') return 'symlink';
  return flag === '5' || path.endsWith('/') ? 'directory' : 'file';
}

function checksumFits(header: Buffer): boolean {
  let sum = 8 * 32;
  header.forEach((byte, index) => {
    if (index < 148 || index >= 156) sum += byte;
  });
  return sum === number(header, 148, 8);
}

function number(block: Buffer, at: number, length: number): number {
  return Number.parseInt(text(block, at, length).trim() || '0', 8);
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

function paxRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    const record = content.toString('utf8', space + 1, at + length - 1);
    records.set(record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1));
    at += length;
  }
  return records;
}
