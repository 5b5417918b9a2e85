/** Tarballs made byte by byte, so that tests can have ones that no tool would write. */
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';

export interface MemberSpec {
  path: string | Buffer;
  /** Type flag of the header; `0` where absent, `5` for a path that ends with a slash. */
  flag?: string;
  content?: string | Buffer;
  link?: string | Buffer;
  mode?: number;
  /** Size in the header, where it is not the content's. */
  size?: number;
  /** Changes the header before its checksum is made. */
  header?: (block: Buffer) => void;
  /** Changes the header after its checksum is made. */
  broken?: (block: Buffer) => void;
}

/** Two zero blocks, as a tar must end. */
export const tarEnd: Buffer = Buffer.alloc(1024);

/** An uncompressed tar; `end` is what comes after the last member. */
export function tar(members: readonly MemberSpec[], end: Buffer = tarEnd): Buffer {
  return Buffer.concat([...members.map(tarMember), end]);
}

export function compress(bytes: Buffer, compression: 'gz' | 'zst'): Buffer {
  return compression === 'gz' ? gzipSync(bytes) : zstdCompressSync(bytes);
}

/** As bytes come from elsewhere: a few at a time. */
export async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Header, content and padding of one member; a long path or link goes into a GNU long name before it. */
export function tarMember(spec: MemberSpec): Buffer {
  const path = Buffer.from(spec.path);
  const link = Buffer.from(spec.link ?? '');
  const content = Buffer.from(spec.content ?? '');
  const flag = spec.flag ?? (path.at(-1) === 0x2f ? '5' : '0');
  const before: Buffer[] = [];
  if (path.length > 100) before.push(longName('L', path));
  if (link.length > 100) before.push(longName('K', link));

  const header = Buffer.alloc(512);
  path.copy(header, 0, 0, Math.min(path.length, 100));
  header.write(octal(spec.mode ?? (flag === '5' ? 0o755 : 0o644), 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(spec.size ?? content.length, 11), 124);
  header.write(octal(1_700_000_000, 11), 136);
  header.write(flag, 156, 'latin1');
  link.copy(header, 157, 0, Math.min(link.length, 100));
  header.write('ustar\x0000', 257, 'latin1');
  spec.header?.(header);
  header.write('        ', 148);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
    'latin1',
  );
  spec.broken?.(header);
  return Buffer.concat([...before, header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** A pax header (`x` for the next member, `g` for all) with the given records. */
export function paxHeader(records: Record<string, string>, flag: 'x' | 'g' = 'x'): MemberSpec {
  const content = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return { path: 'PaxHeader', flag, content: content.join('') };
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length++;
  return `${length}${rest}`;
}

function longName(flag: 'L' | 'K', name: Buffer): Buffer {
  return tarMember({ path: '././@LongLink', flag, content: Buffer.concat([name, Buffer.alloc(1)]) });
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** Members of a small, clean software tarball: one module, its software and what it was built with. */
export function softwareMembers(prefix = '2023.06/software/linux/x86_64/amd/zen2'): MemberSpec[] {
  const install = `${prefix}/software/GROMACS/2024.4-foss-2023b`;
  return [
    { path: '2023.06/' },
    { path: `${prefix}/` },
    { path: `${prefix}/modules/all/GROMACS/2024.4-foss-2023b.lua`, content: 'help([==[GROMACS]==])\n' },
    {
      path: `${prefix}/modules/bio/GROMACS/2024.4-foss-2023b.lua`,
      flag: '2',
      link: '../../all/GROMACS/2024.4-foss-2023b.lua',
    },
    { path: `${install}/` },
    { path: `${install}/bin/gmx`, content: '\x7fELF and so on'.repeat(100), mode: 0o755 },
    { path: `${install}/bin/gmx_mpi`, flag: '1', link: `${install}/bin/gmx`, mode: 0o755 },
    {
      path: `${prefix}/reprod/GROMACS/2024.4-foss-2023b/easybuild/GROMACS.eb`,
      content: "name = 'GROMACS'\n",
    },
  ];
}
