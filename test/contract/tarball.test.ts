import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { TarMember } from '../../src/domain/artifact.ts';
import { BrokenTarball } from '../../src/tarball/decompress.ts';
import { listTarball } from '../../src/tarball/list.ts';
import { TarReader } from '../../src/tarball/reader.ts';
import {
  compress,
  inChunks,
  paxHeader,
  softwareMembers,
  tar,
  tarEnd,
  tarMember,
} from '../harness/tarballs.ts';

const folder = mkdtempSync(join(tmpdir(), 'stratobot-tar-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Buffer, size = bytes.length || 1): TarMember[] | string {
  const members: TarMember[] = [];
  const reader = new TarReader((member) => members.push(member));
  try {
    for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
    reader.end();
    return members;
  } catch (error) {
    if (error instanceof BrokenTarball) return error.violation.rule;
    throw error;
  }
}

const paths = (members: TarMember[] | string) =>
  typeof members === 'string' ? members : members.map(({ path }) => path);

describe('TarReader reads what other programs write', () => {
  it.each(['python-gnu', 'python-pax', 'python-ustar'])('%s', (name) => {
    const bytes = gunzipSync(readFileSync(new URL(`../fixtures/tarballs/${name}.tar.gz`, import.meta.url)));
    const member = (
      path: string,
      type: TarMember['type'],
      bytes = 0,
      mode = 0o644,
      link: string | null = null,
    ) => ({
      path,
      type,
      bytes,
      mode,
      link,
    });
    expect(read(bytes)).toEqual([
      member('2023.06/', 'directory', 0, 0o755),
      member('2023.06/file', 'file', 700),
      member(`2023.06/${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(40)}`, 'file', 512),
      member('2023.06/cafe\u0301 日本', 'file'),
      member('2023.06/sym', 'symlink', 0, 0o777, `../${'t'.repeat(name === 'python-ustar' ? 50 : 150)}`),
      member('2023.06/hard', 'hardlink', 0, 0o644, '2023.06/file'),
      member('2023.06/fifo', 'fifo'),
      member('2023.06/null', 'device'),
    ]);
  });

  it.each(['gnu', 'posix'])('sparse files of format %s are of no allowed type', (format) => {
    const file = new URL(`../fixtures/tarballs/sparse-${format}.tar.gz`, import.meta.url);
    const members = read(gunzipSync(readFileSync(file)));
    expect(typeof members === 'string' ? members : members.map(({ type }) => type)).toEqual([
      'other',
      'file',
    ]);
  });

  it('GNU tar in its formats, for any names', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => {
      const safe = text.replace(/[/\0\\]/g, '_').replace(/^\.+$/, '_');
      return Buffer.from(safe).length > 200 ? 'x' : safe;
    });
    const content = fc.integer({ min: 0, max: 1500 });
    const tree = fc.dictionary(part, fc.tuple(fc.array(part, { maxLength: 4 }), content), {
      maxKeys: 6,
      noNullPrototype: true,
    });
    let run = 0;
    fc.assert(
      fc.property(tree, fc.constantFrom('gnu', 'posix'), (files, format) => {
        const root = join(folder, String(run++));
        const expected: string[] = [];
        for (const [name, [directories, size]] of Object.entries(files)) {
          const path = [...directories.map((one) => `d${one}`), `f${name}`].join('/');
          mkdirSync(dirname(join(root, path)), { recursive: true });
          writeFileSync(join(root, path), 'x'.repeat(size));
          expected.push(`${path} ${size}`);
        }
        mkdirSync(root, { recursive: true });
        const bytes = execFileSync('tar', ['-C', root, '--format', format, '-cf', '-', '.']);
        const members = read(bytes, 700);
        if (typeof members === 'string') throw new Error(members);
        const found = members
          .filter(({ type }) => type === 'file')
          .map(({ path, bytes: size }) => `${path.slice(2)} ${size}`);
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 25 },
    );
  });
});

describe('TarReader', () => {
  it('gives the same for any chunks', () => {
    const members = [
      ...softwareMembers(),
      { path: `2023.06/${'long/'.repeat(40)}x`, content: 'y' },
      paxHeader({ path: 'pax' }),
      { path: 'z' },
    ];
    const bytes = tar(members);
    const expected = read(bytes);
    expect(expected).toHaveLength(softwareMembers().length + 2);
    for (const size of [1, 3, 511, 512, 513, 1024, 4000]) expect(read(bytes, size)).toEqual(expected);
  });

  it('finds every place where a tar can be cut off', () => {
    const bytes = tar([{ path: 'a', content: 'x'.repeat(600) }, paxHeader({ path: 'b' }), { path: 'c' }]);
    for (let length = 0; length < bytes.length; length += 128) {
      expect(read(bytes.subarray(0, length)), `cut at ${length}`).toBe('truncated');
    }
    expect(paths(read(bytes))).toEqual(['a', 'b']);
  });

  it('lets extended headers win, and only for one member', () => {
    const bytes = tar([
      { path: 'PaxHeader', flag: 'g', content: '28 comment=made by git here\n' },
      paxHeader({ path: 'real', size: '5', mtime: '1700000000.5', comment: 'none' }),
      { path: 'short', content: 'xxxxx', size: 0 },
      paxHeader({ linkpath: 'far away' }),
      { path: 'link', flag: '2', link: 'near' },
      { path: 'plain', content: 'y' },
    ]);
    const members = read(bytes);
    expect(members).toMatchObject([
      { path: 'real', bytes: 5, type: 'file' },
      { path: 'link', link: 'far away' },
      { path: 'plain', bytes: 1 },
    ]);
  });

  it('takes an old directory by its slash, and an extended attribute with privileges for setuid', () => {
    expect(read(tar([{ path: 'old/', flag: '\0' }]))).toMatchObject([{ type: 'directory' }]);
    const capable = [paxHeader({ 'SCHILY.xattr.security.capability': 'x' }), { path: 'ping' }];
    expect(read(tar(capable))).toMatchObject([{ mode: 0o4644 }]);
  });

  it('shows bytes that are not UTF-8 as such', () => {
    expect(paths(read(tar([{ path: Buffer.from('caf\xe9', 'latin1') }])))).toEqual(['caf\ufffd']);
  });

  it('reads sizes beyond eight gigabytes', () => {
    const huge = tarMember({
      path: 'huge',
      header: (block) => {
        block.fill(0, 124, 136);
        block.writeUInt8(0x80, 124);
        block.writeUIntBE(2 ** 33, 130, 6);
      },
    });
    expect(read(huge)).toBe('truncated');
    const members: TarMember[] = [];
    new TarReader((member) => members.push(member)).write(huge);
    expect(members).toMatchObject([{ path: 'huge', bytes: 2 ** 33 }]);
  });

  const checksumOff = (block: Buffer): void => {
    block.writeUInt8(0x31, 0);
  };
  it.each<[string, Buffer, string]>([
    ['a wrong checksum', tar([{ path: 'a', broken: checksumOff }]), 'malformed'],
    ['noise', Buffer.alloc(2048, 'x'), 'malformed'],
    [
      'a size that is no number',
      tar([{ path: 'a', header: (block) => block.write('9zz', 124) }]),
      'malformed',
    ],
    ['a negative size', tar([{ path: 'a', header: (block) => block.fill(0xff, 124, 136) }]), 'malformed'],
    ['no name', tar([{ path: '' }]), 'malformed'],
    [
      'a hard link with content',
      tar([{ path: 'a' }, { path: 'b', flag: '1', link: 'a', content: 'x' }]),
      'malformed',
    ],
    ['a directory with content', tar([{ path: 'a/', content: 'x' }]), 'malformed'],
    ['an extended header and no member', tar([paxHeader({ path: 'a' })]), 'malformed'],
    [
      'two extended headers',
      tar([paxHeader({ path: 'a' }), paxHeader({ path: 'b' }), { path: 'c' }]),
      'malformed',
    ],
    ['two long names', tar([paxHeader({ path: 'a' }), { path: 'x'.repeat(120) }]), 'malformed'],
    ['a global path', tar([paxHeader({ path: 'a' }, 'g'), { path: 'b' }]), 'malformed'],
    [
      'a record that is too long',
      tar([{ path: 'p', flag: 'x', content: '99 path=a\n' }, { path: 'b' }]),
      'malformed',
    ],
    [
      'a record without length',
      tar([{ path: 'p', flag: 'x', content: 'path=a\n' }, { path: 'b' }]),
      'malformed',
    ],
    ['a negative pax size', tar([paxHeader({ size: '-1' }), { path: 'b' }]), 'malformed'],
    ['a long extended header', tar([{ path: 'p', flag: 'x', size: 2 ** 21 }]), 'malformed'],
    ['a member after the end', Buffer.concat([tar([{ path: 'a' }]), tar([{ path: 'b' }])]), 'trailing'],
    [
      'a lone zero block',
      Buffer.concat([tarMember({ path: 'a' }), Buffer.alloc(512), tar([{ path: 'b' }])]),
      'trailing',
    ],
    ['only one zero block', tar([{ path: 'a' }], Buffer.alloc(512)), 'truncated'],
    ['an end that is no whole block', tar([{ path: 'a' }], Buffer.alloc(1100)), 'truncated'],
  ])('does not accept %s', (_what, bytes, rule) => {
    expect(read(bytes)).toBe(rule);
    expect(read(bytes, 100)).toBe(rule);
  });

  it('accepts padding and an empty archive, which is for the policy to judge', () => {
    expect(read(tar([{ path: 'a' }], Buffer.alloc(10_240)))).toHaveLength(1);
    expect(read(tarEnd)).toEqual([]);
  });
});

describe('listTarball', () => {
  it('stops when the visitor has enough, without reading the rest', async () => {
    let given = 0;
    const members = Array.from({ length: 2_000 }, (_, index) => ({
      path: `m${index}`,
      content: String(Math.sin(index)).repeat(50),
    }));
    const bytes = compress(tar(members), 'gz');
    const source = async function* () {
      for await (const chunk of inChunks(bytes, 1024)) {
        given += chunk.length;
        yield chunk;
      }
    };
    const seen: string[] = [];
    const problem = await listTarball(source(), 'gz', {
      member: ({ path }) => seen.push(path) < 10,
      sizes: () => true,
    });
    expect({ problem, seen: seen.length, all: given >= bytes.length }).toEqual({
      problem: null,
      seen: 10,
      all: false,
    });
  });

  it('does not hold what a bomb decompresses to', async () => {
    const bytes = compress(tar([{ path: 'zeros', content: Buffer.alloc(200 * 2 ** 20) }]), 'zst');
    expect(bytes.length).toBeLessThan(64 * 1024);
    let largest = 0;
    await listTarball(inChunks(bytes, bytes.length), 'zst', {
      member: () => true,
      sizes: (_compressed, decompressed) => {
        largest = decompressed;
        return decompressed < 2 ** 20;
      },
    });
    expect(largest).toBeLessThan(8 * 2 ** 20);
  });
});
