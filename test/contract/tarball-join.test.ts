import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TarMember } from '../../src/domain/artifact.ts';
import { Permanent } from '../../src/domain/errors.ts';
import type { Compression } from '../../src/tarball/decompress.ts';
import { joinTarballs } from '../../src/tarball/join.ts';
import type { TarballFile } from '../../src/tarball/pieces.ts';
import { TarReader } from '../../src/tarball/reader.ts';
import { readArchive } from '../harness/cvmfs-server/archive.ts';
import { compress, type MemberSpec, paxHeader, sha256, tar, tarMember } from '../harness/tarballs.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stratobot-join-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function tarball(bytes: Buffer, compression: Compression = 'zst'): TarballFile {
  const path = join(folder, `${made++}.tar.${compression}`);
  const compressed = compress(bytes, compression);
  writeFileSync(path, compressed);
  return { path, compression, sha256: sha256(compressed) };
}

/** What came out before the end or the error. */
async function drain(bytes: AsyncIterable<Buffer>): Promise<{ out: Buffer; error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of bytes) chunks.push(chunk);
    return { out: Buffer.concat(chunks), error: null };
  } catch (error) {
    return { out: Buffer.concat(chunks), error };
  }
}

function membersOf(bytes: Buffer): TarMember[] {
  const members: TarMember[] = [];
  const reader = new TarReader((member) => members.push(member));
  reader.write(bytes);
  reader.end();
  return members;
}

describe('joinTarballs', () => {
  it('gives GNU tar, the strict reader and libarchive’s manners the members of all', async () => {
    const content = fc.oneof(
      fc.constantFrom(0, 1, 511, 512, 513, 5_000).map((bytes) => Buffer.alloc(bytes)),
      fc.uint8Array({ maxLength: 1_500 }).map((bytes) => Buffer.from(bytes)),
    );
    const inputs = fc.array(
      fc.record({
        contents: fc.array(fc.record({ content, long: fc.constantFrom(1, 90, 120, 511, 700) }), {
          maxLength: 4,
        }),
        zeros: fc.constantFrom(1024, 1536, 10_240),
        compression: fc.constantFrom<Compression>('gz', 'zst'),
      }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(inputs, async (tarballs) => {
        const members = tarballs.map(({ contents }, index) =>
          contents.map((one, number) => ({
            path: `v/${index}-${number}/${'x/'.repeat(one.long / 2)}f`,
            content: one.content,
          })),
        );
        const files = tarballs.map(({ zeros, compression }, index) =>
          tarball(tar(members[index] ?? [], Buffer.alloc(zeros)), compression),
        );
        const joined = joinTarballs(files);
        const { out, error } = await drain(joined.bytes);
        expect(error).toBeNull();
        expect(joined.count).toEqual({ members: members.flat().length, bytes: out.length });

        const expected = members.flat();
        expect(membersOf(out).map(({ path, bytes }) => [path, bytes])).toEqual(
          expected.map((one) => [one.path, one.content.length]),
        );
        expect(readArchive(out)).toEqual({
          entries: expected.map((one) => expect.objectContaining({ path: one.path, content: one.content })),
        });
        const listed = execFileSync('tar', ['--list', '--file=-'], { input: out, encoding: 'utf8' });
        expect(listed).toBe(expected.map((one) => `${one.path}\n`).join(''));
      }),
      { numRuns: 40 },
    );
  });

  it('joins what GNU tar and zstd made, padded to 10,240 bytes', async () => {
    const files = ['one', 'two'].map((name) => {
      const source = join(folder, `source-${name}`);
      mkdirSync(join(source, 'v', name), { recursive: true });
      writeFileSync(join(source, 'v', name, 'file'), name);
      const path = join(folder, `${name}.tar.gz`);
      execFileSync('tar', ['--create', '--gzip', `--file=${path}`, `--directory=${source}`, 'v']);
      return { path, compression: 'gz', sha256: sha256(readFileSync(path)) } as const;
    });
    const { out, error } = await drain(joinTarballs(files).bytes);
    expect(error).toBeNull();
    const target = join(folder, 'unpacked');
    mkdirSync(target);
    execFileSync('tar', ['--extract', '--file=-', `--directory=${target}`], { input: out });
    expect(['one', 'two'].map((name) => readFileSync(join(target, 'v', name, 'file'), 'utf8'))).toEqual([
      'one',
      'two',
    ]);
  });

  it('keeps extended headers with their member, and leaves both out together', async () => {
    const file = tarball(
      tar([
        { path: 'first', content: 'x' },
        paxHeader({ path: 'long name', mtime: '1.5' }),
        { path: 'short', content: 'y' },
        { path: 'last', flag: '1', link: 'first' },
      ]),
    );
    const { out } = await drain(
      joinTarballs([file, tarball(tar([{ path: 'z' }]))], ({ path }) => path !== 'long name').bytes,
    );
    expect(membersOf(out).map(({ path }) => path)).toEqual(['first', 'last', 'z']);
  });

  it('holds a chunk, not a file', async () => {
    const file = tarball(tar([{ path: 'zeros', content: Buffer.alloc(64 * 2 ** 20) }]));
    for await (const chunk of joinTarballs([file]).bytes) expect(chunk.length).toBeLessThan(2 ** 20);
  });

  const good = () => tarball(tar([{ path: 'good', content: 'x' }]));
  const wrong: [string, () => TarballFile, RegExp][] = [
    ['another file than was verified', () => ({ ...good(), sha256: sha256('other') }), /no longer the file/],
    [
      'a tar cut off after a member',
      () => tarball(tarMember({ path: 'a', content: 'x' })),
      /cut off after `a/,
    ],
    [
      'a tar cut off inside a member',
      () => tarball(tar([{ path: 'a', content: 'x'.repeat(2000) }]).subarray(0, 1792)),
      /inside `a`/,
    ],
    [
      'a tar cut off inside a header',
      () => tarball(tar([{ path: 'a' }]).subarray(0, 300)),
      /inside a header/,
    ],
    ['nothing', () => tarball(Buffer.alloc(0)), /empty/],
    [
      'two tars in one',
      () => tarball(Buffer.concat([tar([{ path: 'a' }]), tar([{ path: 'b' }])])),
      /after the end/,
    ],
    ['a device', () => tarball(tar([{ path: 'a' }, { path: 'null', flag: '3' }])), /neither a file/],
    [
      'compressed data that is cut off',
      () => {
        const file = good();
        const bytes = readFileSync(file.path).subarray(0, -5);
        writeFileSync(file.path, bytes);
        return { ...file, sha256: sha256(bytes) };
      },
      /cut off/,
    ],
  ];
  it.each(wrong)('breaks off inside a member for %s', async (_what, broken, sentence) => {
    for (const files of [[broken()], [good(), broken()], [good(), broken(), good()]]) {
      const { out, error } = await drain(joinTarballs(files).bytes);
      expect(error).toBeInstanceOf(Permanent);
      expect(error).toMatchObject({ message: expect.stringMatching(sentence) });
      expect(['truncated', 'unrecognized']).toContain((readArchive(out) as { error?: string }).error);
    }
  });

  it('breaks off inside a member for a file that is not there', async () => {
    const missing: MemberSpec[] = [{ path: 'a' }];
    const file = { ...tarball(tar(missing)), path: join(folder, 'missing.tar.zst') };
    const { out, error } = await drain(joinTarballs([good(), file]).bytes);
    expect(error).not.toBeNull();
    expect(readArchive(out)).toMatchObject({ error: 'truncated' });
  });
});
