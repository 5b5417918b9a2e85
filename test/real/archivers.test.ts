import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TarMember } from '../../src/domain/artifact.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import { examineTarball } from '../../src/tarball/examine.ts';
import { TarReader } from '../../src/tarball/reader.ts';
import { expectZen2, nameOf, noise, zen2 } from '../harness/collecting.ts';
import { compress, inChunks } from '../harness/tarballs.ts';

const folder = mkdtempSync(join(tmpdir(), 'stratobot-archivers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (...argv: [string, ...string[]]): boolean => spawnSync(argv[0], argv.slice(1)).status === 0;
const archivers = {
  gnu: has('tar', '--version') && execFileSync('tar', ['--version']).includes('GNU tar'),
  bsd: has('bsdtar', '--version'),
  python: has('python3', '-c', 'import tarfile'),
  busybox: has('busybox', 'tar', '--help'),
};

/** How long a format's names may be: 100 bytes, 155 and 100 around a slash, or as long as a file system takes. */
type Names = 'v7' | 'ustar' | 'any';

let trees = 0;
/** A folder to be packed: what the names of the format allow, with links of both kinds, modes and sizes around a block. */
function plant(names: Names): string {
  const root = join(folder, String(trees++));
  const at = (path: string): string => join(root, zen2, path);
  const file = (path: string, content: string | Buffer = '', mode = 0o644): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };
  file('software/a/1/bin/a', noise(70_000), 0o755);
  linkSync(at('software/a/1/bin/a'), at('software/a/1/bin/b'));
  symlinkSync('a', at('software/a/1/bin/s'));
  symlinkSync('/cvmfs/software.eessi.io/host_injections', at('software/a/1/host'));
  for (const size of [0, 1, 511, 512, 513]) file(`software/a/1/size/${size}`, noise(size), 0o444);
  mkdirSync(at('software/a/1/shared'));
  chmodSync(at('software/a/1/shared'), 0o2775);
  file("software/a/1/odd/-r $(x) * ; 'q' \\n", 'x');
  file('software/a/1/names/Ünï cödé', 'x');
  file('software/a/1/names/e\u0301 日本 🛠', 'x');
  if (names !== 'v7') file(`${'d'.repeat(60)}/${'e'.repeat(80)}`, 'x');
  if (names === 'any') {
    const long = `${'d'.repeat(100)}/${'日'.repeat(60)}/${'f'.repeat(250)}`;
    file(long, 'long');
    linkSync(at(long), at(`${'h'.repeat(200)}`));
    symlinkSync('t/'.repeat(150), at('far'));
  }
  return root;
}

interface Packed extends Omit<TarMember, 'type' | 'link'> {
  type: string;
  link: string | null;
}

/** What lies in a folder, as an archive of it must say; of several names of one file any may come first. */
function planted(root: string): { members: Packed[]; inode: Map<string, number> } {
  const inode = new Map<string, number>();
  const paths = [
    '2023.06',
    ...readdirSync(join(root, '2023.06'), { recursive: true }).map((one) => `2023.06/${one}`),
  ];
  const members = paths.map((path): Packed => {
    const found = lstatSync(join(root, path));
    inode.set(path, found.ino);
    if (found.isDirectory())
      return { path, type: 'directory', bytes: 0, mode: found.mode & 0o7777, link: null };
    const link = found.isSymbolicLink() ? readlinkSync(join(root, path)) : null;
    const type = link === null ? 'file' : 'symlink';
    return {
      path,
      type,
      bytes: link === null ? found.size : 0,
      mode: link === null ? found.mode & 0o7777 : 0o777,
      link,
    };
  });
  return { members: members.sort(byPath), inode };
}

const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);

function read(bytes: Buffer): TarMember[] {
  const members: TarMember[] = [];
  const reader = new TarReader((member) => members.push(member));
  for (let at = 0; at < bytes.length; at += 777) reader.write(bytes.subarray(at, at + 777));
  reader.end();
  return members.map((member) => ({ ...member, path: member.path.replace(/\/$/, '') }));
}

/** The rules of the policy that a tarball breaks, as the collector would say. */
async function brokenRules(bytes: Buffer): Promise<string[]> {
  const source = inChunks(compress(bytes, 'gz'), 4096);
  const { violations } = await examineTarball(source, {
    name: nameOf('gz'),
    expect: expectZen2,
    limits: defaultLimits,
  });
  return violations.map(({ rule }) => rule);
}

const pack = (root: string, program: string, argv: string[], locale = 'C.UTF-8'): Buffer =>
  execFileSync(program, argv, {
    cwd: root,
    env: { ...process.env, LC_ALL: locale },
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Packs with Python's tarfile; pax records of all members and of the whole archive have keys that mean nothing here. */
const pythonPack = (root: string, format: string): Buffer =>
  pack(root, 'python3', [
    '-c',
    `import sys, tarfile
def odd(member):
    member.pax_headers = {'comment': 'a=b\\nc', 'SCHILY.xattr.user.\u00fc': '30 path=/etc/passwd\\n', 'VENDOR.path': '/x'}
    return member
whole = {'comment': 'made here', 'VENDOR.size': '1'}
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile.${format}_FORMAT, pax_headers=whole) as out:
    out.add('2023.06', filter=odd)`,
  ]);

async function expectReadAsPacked(names: Names, packing: (root: string) => Buffer): Promise<void> {
  const root = plant(names);
  const { members, inode } = planted(root);
  const bytes = packing(root);
  const found = read(bytes);
  const kinds = new Map(found.map(({ path, type }) => [path, type]));
  for (const member of found) {
    if (member.type !== 'hardlink') continue;
    expect(kinds.get(member.link ?? ''), member.path).toBe('file');
    expect(inode.get(member.path)).toBe(inode.get(member.link ?? ''));
  }
  expect(found.filter(({ type }) => type === 'hardlink')).toHaveLength(names === 'any' ? 2 : 1);
  const asFiles = found.map((member) => {
    if (member.type !== 'hardlink') return member;
    const same = found.find(({ path }) => path === member.link);
    return { ...member, type: 'file', bytes: same?.bytes, link: null };
  });
  expect(asFiles.sort(byPath)).toEqual(members);
  expect(await brokenRules(bytes)).toEqual([]);
}

// reason: each needs the archiver that its name says
describe.skipIf(!archivers.gnu)('GNU tar', () => {
  it.each<[string, Names]>([
    ['v7', 'v7'],
    ['ustar', 'ustar'],
    ['oldgnu', 'any'],
    ['gnu', 'any'],
    ['posix', 'any'],
  ])('--format=%s', (format, names) =>
    expectReadAsPacked(names, (root) => pack(root, 'tar', [`--format=${format}`, '-cf', '-', '2023.06'])),
  );

  it('with odd pax records, of one member and of all', () => {
    const odd = 'comment=a b,VENDOR.key:=c,mtime:=1700000000.5,globexthdr.name=/g';
    const options = ['--format=posix', `--pax-option=${odd}`, '-cf', '-', '2023.06'];
    return expectReadAsPacked('any', (root) => pack(root, 'tar', options));
  });

  it.each([
    ['gnu', []],
    ['posix 0.0', ['--sparse-version=0.0']],
    ['posix 0.1', ['--sparse-version=0.1']],
    ['posix 1.0', ['--sparse-version=1.0']],
  ])('--sparse of format %s is refused, and what follows is still read', async (format, options) => {
    const root = plant('v7');
    hole(join(root, zen2, 'hole'));
    writeFileSync(join(root, zen2, 'z'), 'after');
    const argv = ['--sparse', `--format=${format.split(' ')[0]}`, ...options, '-cf', '-'];
    const bytes = pack(root, 'tar', [...argv, `${zen2}/hole`, `${zen2}/z`]);
    expect(read(bytes)).toMatchObject([
      { path: `${zen2}/hole`, type: 'other' },
      { path: `${zen2}/z`, type: 'file', bytes: 5 },
    ]);
    expect(await brokenRules(bytes)).toEqual(['special']);
  });
});

// reason: needs bsdtar
describe.skipIf(!archivers.bsd)('bsdtar', () => {
  it.each<[string, Names]>([
    ['v7', 'v7'],
    ['ustar', 'ustar'],
    ['gnutar', 'any'],
    ['pax', 'any'],
  ])('--format=%s', (format, names) =>
    expectReadAsPacked(names, (root) => pack(root, 'bsdtar', ['--format', format, '-cf', '-', '2023.06'])),
  );

  it('where names are no text, but bytes', () =>
    expectReadAsPacked('any', (root) => {
      // It says that it cannot translate the names, packs their bytes and ends with 0 or 1.
      const { stdout } = spawnSync('bsdtar', ['--format', 'pax', '-cf', '-', '2023.06'], {
        cwd: root,
        env: { ...process.env, LC_ALL: 'C' },
        maxBuffer: 64 * 2 ** 20,
      });
      expect(stdout.includes('hdrcharset=BINARY')).toBe(true);
      return stdout;
    }));

  it('keeps holes by itself in its pax format, which is refused', async () => {
    const root = plant('v7');
    hole(join(root, zen2, 'hole'));
    const bytes = pack(root, 'bsdtar', ['--format', 'pax', '-cf', '-', `${zen2}/hole`, zen2]);
    expect(await brokenRules(bytes)).toContain('special');
    const without = pack(root, 'bsdtar', ['--no-read-sparse', '--format', 'pax', '-cf', '-', zen2]);
    expect(await brokenRules(without)).toEqual([]);
  });
});

// reason: needs python3 with its tarfile
describe.skipIf(!archivers.python)("Python's tarfile", () => {
  it.each<[string, Names]>([
    ['USTAR', 'ustar'],
    ['GNU', 'any'],
    ['PAX', 'any'],
  ])('%s_FORMAT', (format, names) => expectReadAsPacked(names, (root) => pythonPack(root, format)));
});

// reason: needs busybox
describe.skipIf(!archivers.busybox)('busybox', () => {
  it('tar', () => expectReadAsPacked('any', (root) => pack(root, 'busybox', ['tar', '-cf', '-', '2023.06'])));
});

/** A file with a megabyte of nothing before its end. */
function hole(path: string): void {
  const file = openSync(path, 'w');
  writeSync(file, 'begin');
  ftruncateSync(file, 2 ** 20);
  writeSync(file, 'end', 2 ** 20);
  closeSync(file);
}
