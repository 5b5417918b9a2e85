import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCollector } from '../../src/artifacts/collector.ts';
import { directoryStore } from '../../src/artifacts/directory-store.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import type { ArtifactName } from '../../src/domain/artifact.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import type { ArtifactStore, CollectResult } from '../../src/ports.ts';
import { silent } from '../harness/log.ts';
import { startS3 } from '../harness/s3.ts';
import { compress, type MemberSpec, sha256, softwareMembers, tar, tarEnd } from '../harness/tarballs.ts';

const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
const expectZen2 = {
  target: { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null },
  version: '2023.06',
} as const;
const key = 'pr/7/artifact';
let folder: string;
let store: ArtifactStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-collect-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  store = directoryStore({ root: folder, baseUrl: 'https://artifacts.example' });
});

function nameOf(compression: 'gz' | 'zst'): ArtifactName {
  const name = parseArtifactName(
    `eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.${compression}`,
  );
  if ('problem' in name) throw new Error(name.problem);
  return name;
}

function inPieces(bytes: Buffer, size = 10_000): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );
}

async function collect(
  source: Readable | Buffer,
  options: { compression?: 'gz' | 'zst'; into?: ArtifactStore; limits?: typeof defaultLimits } = {},
): Promise<CollectResult> {
  const { compression = 'gz', into = store, limits = defaultLimits } = options;
  return createCollector({ store: into, limits, log: silent }).collect({
    name: nameOf(compression),
    key,
    expect: expectZen2,
    source: Buffer.isBuffer(source) ? inPieces(source) : source,
    metadata: {},
  });
}

const rulesOf = (result: CollectResult) =>
  result.kind === 'refused' ? result.violations.map(({ rule }) => rule) : result.kind;

const stored = async () =>
  (await readdir(folder, { recursive: true }).catch(() => [])).filter(
    (name) => /\w$/.test(name) && !/^pr(\/7)?$/.test(name),
  );

/** Content that no compressor makes small. */
function noise(bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    content.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at);
  }
  return content;
}

describe.each(['gz', 'zst'] as const)('a clean %s tarball', (compression) => {
  it('is stored as it came, with its digest and overview', async () => {
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/large`, content: noise(300_000) }]),
      compression,
    );
    const result = await collect(bytes, { compression });
    expect(result).toMatchObject({
      kind: 'stored',
      sha256: sha256(bytes),
      bytes: bytes.length,
      url: `https://artifacts.example/${key}`,
      overview: {
        files: 4,
        links: 2,
        modules: ['GROMACS/2024.4-foss-2023b'],
        software: ['GROMACS/2024.4-foss-2023b'],
      },
    });
    expect(sha256(await readFile(join(folder, key)))).toBe(sha256(bytes));
  });

  it('goes to S3 in several parts', async () => {
    const server = await startS3();
    const s3 = s3Store({ ...server, forcePathStyle: true, log: silent });
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/large`, content: noise(20 * 2 ** 20) }]),
      compression,
    );
    const result = await collect(inPieces(bytes, 100_000), { compression, into: s3 });
    const copy = Buffer.from(await (await fetch(s3.url(key))).arrayBuffer());
    await server.close();
    expect(result).toMatchObject({ kind: 'stored', sha256: sha256(bytes), bytes: bytes.length });
    expect(sha256(copy)).toBe(sha256(bytes));
  });
});

const clean = tar(softwareMembers());
const withMember = (...members: MemberSpec[]): Buffer => tar([...softwareMembers(), ...members]);

describe.each<[string, string, Buffer]>([
  ['an absolute path', 'absolute', withMember({ path: '/etc/passwd' })],
  ['a path with ..', 'escapes', withMember({ path: `${zen2}/../../x` })],
  [
    'a member through a symlink',
    'through-link',
    withMember({ path: `${zen2}/s`, flag: '2', link: '/etc' }, { path: `${zen2}/s/x` }),
  ],
  ['a hard link to nothing', 'hardlink', withMember({ path: `${zen2}/h`, flag: '1', link: `${zen2}/none` })],
  ['a hard link outside', 'hardlink', withMember({ path: `${zen2}/h`, flag: '1', link: '/etc/passwd' })],
  ['a character device', 'special', withMember({ path: `${zen2}/null`, flag: '3' })],
  ['a block device', 'special', withMember({ path: `${zen2}/disk`, flag: '4' })],
  ['a fifo', 'special', withMember({ path: `${zen2}/pipe`, flag: '6' })],
  ['a sparse file', 'special', withMember({ path: `${zen2}/holes`, flag: 'S' })],
  ['setuid', 'privileges', withMember({ path: `${zen2}/su`, mode: 0o4755 })],
  ['setgid', 'privileges', withMember({ path: `${zen2}/sg`, mode: 0o2755 })],
  ['a duplicate', 'duplicate', withMember({ path: `${zen2}/twice` }, { path: `${zen2}/twice` })],
  ['control characters', 'encoding', withMember({ path: `${zen2}/a\x1b[2Jb` })],
  ['broken UTF-8', 'encoding', withMember({ path: Buffer.from(`${zen2}/caf\xe9`, 'latin1') })],
  ['another version', 'outside', withMember({ path: '2025.06/init/bash' })],
  ['another CPU', 'outside', withMember({ path: '2023.06/software/linux/x86_64/amd/zen3/a' })],
  ['another type', 'outside', withMember({ path: '2023.06/compat/linux/x86_64/a' })],
  ['no members', 'empty', tarEnd],
  ['no files', 'empty', tar([{ path: `${zen2}/` }])],
  ['nothing at all', 'truncated', Buffer.alloc(0)],
  ['no end', 'truncated', clean.subarray(0, -1024)],
  ['half an end', 'truncated', clean.subarray(0, -512)],
  ['a cut inside a member', 'truncated', clean.subarray(0, -1024 - 512 - 100)],
  ['a second archive', 'trailing', Buffer.concat([clean, clean])],
  [
    'a broken header',
    'malformed',
    withMember({ path: `${zen2}/a`, broken: (block) => block.fill(0x37, 148, 154) }),
  ],
])('a tarball with %s', (_what, rule, bytes) => {
  it.each(['gz', 'zst'] as const)('is refused as %s, and nothing is stored', async (compression) => {
    const source = inPieces(compress(bytes, compression), 300);
    const result = await collect(source, { compression });
    expect(rulesOf(result)).toContain(rule);
    expect(source.destroyed).toBe(true);
    expect(await stored()).toEqual([]);
  });
});

describe('a compressed stream', () => {
  it.each(['gz', 'zst'] as const)('of %s that is cut off or goes on is refused', async (compression) => {
    const bytes = compress(clean, compression);
    expect(rulesOf(await collect(bytes.subarray(0, -1), { compression }))).toEqual(['truncated']);
    expect(rulesOf(await collect(Buffer.concat([bytes, Buffer.from('more')]), { compression }))).toEqual([
      'trailing',
    ]);
    expect(rulesOf(await collect(Buffer.from('<html>504</html>'), { compression }))).toEqual(['corrupt']);
    expect(await stored()).toEqual([]);
  });

  it('over a limit is refused without reading on', async () => {
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/zeros`, content: Buffer.alloc(300 * 2 ** 20) }]),
      'zst',
    );
    expect(rulesOf(await collect(bytes, { compression: 'zst' }))).toEqual(['bomb']);
    const tooMany = await collect(compress(clean, 'gz'), { limits: { ...defaultLimits, members: 3 } });
    expect(rulesOf(tooMany)).toEqual(['too-many']);
    const tooLarge = await collect(compress(clean, 'gz'), { limits: { ...defaultLimits, bytes: 3000 } });
    expect(rulesOf(tooLarge)).toEqual(['too-large']);
  });
});

describe('the collector', () => {
  it('refuses a name that is not what was built without reading a byte', async () => {
    const source = new Readable({
      read() {
        throw new Error('nobody should read this');
      },
    });
    const target = { ...expectZen2.target, cpu: 'x86_64/amd/zen3' };
    const collector = createCollector({ store, log: silent });
    const expectZen3 = { ...expectZen2, target };
    const result = await collector.collect({
      name: nameOf('gz'),
      key,
      expect: expectZen3,
      source,
      metadata: {},
    });
    expect(rulesOf(result)).toEqual(['misnamed']);
    expect(source.destroyed).toBe(true);
  });

  it('leaves what was under the key before when it refuses', async () => {
    const good = compress(clean, 'gz');
    await collect(good);
    await collect(good.subarray(0, -1));
    expect(sha256(await readFile(join(folder, key)))).toBe(sha256(good));
  });

  it('tells all that is wrong, not only the first', async () => {
    const bytes = compress(
      withMember({ path: '/a' }, { path: '../b' }, { path: `${zen2}/p`, flag: '6' }),
      'gz',
    );
    expect(rulesOf(await collect(bytes))).toEqual(['absolute', 'escapes', 'special']);
  });

  it.each([
    [new Retryable('node zen2 went away'), Retryable, 'node zen2 went away'],
    [new Permanent('no such file'), Permanent, 'no such file'],
    [new Error('ECONNRESET'), Retryable, 'could not be read to its end: ECONNRESET'],
  ])('passes %s of the source on, and stores nothing', async (error, kind, text) => {
    const bytes = compress(clean, 'gz');
    const failing = async function* () {
      yield bytes.subarray(0, 200);
      throw error;
    };
    const thrown = await collect(Readable.from(failing())).catch((cause) => cause);
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown.message).toContain(text);
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['at once', 0],
    ['in the middle', 3],
    ['at the end', Number.POSITIVE_INFINITY],
  ])('passes an error of the store on that comes %s', async (_when, chunks) => {
    const failing: ArtifactStore = {
      ...store,
      async put(_key, content) {
        let taken = 0;
        for await (const _chunk of content) if (taken++ >= chunks) break;
        throw new Retryable('S3 says SlowDown');
      },
    };
    const source = inPieces(compress(withMember({ path: `${zen2}/large`, content: noise(500_000) }), 'gz'));
    await expect(collect(source, { into: failing })).rejects.toThrow(new Retryable('S3 says SlowDown'));
    expect(source.destroyed).toBe(true);
  });

  it('reads no faster than the store takes it', async () => {
    const bytes = compress(withMember({ path: `${zen2}/large`, content: noise(4_000_000) }), 'gz');
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += 10_000) {
          given += 10_000;
          yield bytes.subarray(at, at + 10_000);
        }
      })(),
      { objectMode: true, highWaterMark: 1 },
    );
    const gate = Promise.withResolvers<void>();
    const slow: ArtifactStore = {
      ...store,
      async put(at, content, options) {
        await gate.promise;
        return store.put(at, content, options);
      },
    };
    const result = collect(source, { into: slow });
    let before = -1;
    while (given !== before) {
      before = given;
      for (let turn = 0; turn < 50; turn++) await tick();
    }
    expect(given).toBeLessThan(500_000);
    gate.resolve();
    expect(await result).toMatchObject({ kind: 'stored', sha256: sha256(bytes) });
  });

  it('aborts the upload at the first violation, not at the end', async () => {
    const bytes = compress(
      tar([{ path: '/etc/passwd' }, { path: `${zen2}/large`, content: noise(2_000_000) }]),
      'gz',
    );
    let given = 0;
    let givenAtAbort = -1;
    const source = Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += 10_000) {
          given += 10_000;
          yield bytes.subarray(at, at + 10_000);
        }
      })(),
    );
    const watching: ArtifactStore = {
      ...store,
      put(at, content, options) {
        options.signal?.addEventListener('abort', () => (givenAtAbort = given));
        return store.put(at, content, options);
      },
    };
    expect(rulesOf(await collect(source, { into: watching }))).toEqual(['absolute']);
    expect(givenAtAbort).toBeGreaterThan(0);
    expect(givenAtAbort).toBeLessThan(bytes.length / 2);
  });
});

describe('any list of members', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9_+.-]{1,30}$/).filter((text) => !/^\.+$/.test(text));
  const files = fc.uniqueArray(fc.tuple(part, part, fc.integer({ min: 0, max: 2000 })), {
    minLength: 1,
    maxLength: 8,
    selector: ([directory, file]) => `${directory}/${file}`.toLowerCase(),
  });
  const cleanMembers = fc.tuple(files, fc.boolean()).map(([list, withDirectories]) => {
    const members: MemberSpec[] = list.flatMap(([directory, file, size]) => [
      ...(withDirectories ? [{ path: `${zen2}/software/d${directory}/` }] : []),
      { path: `${zen2}/software/d${directory}/f${file}`, content: noise(size) },
      { path: `${zen2}/software/d${directory}/l${file}`, flag: '2', link: `f${file}` },
    ]);
    const [first] = list;
    if (first !== undefined) {
      members.push({ path: `${zen2}/hard`, flag: '1', link: `${zen2}/software/d${first[0]}/f${first[1]}` });
    }
    return members;
  });
  const compression = fc.constantFrom('gz' as const, 'zst' as const);
  const pieces = fc.integer({ min: 1, max: 3000 });

  it('that is clean is never refused', async () => {
    await fc.assert(
      fc.asyncProperty(cleanMembers, compression, pieces, async (members, kind, size) => {
        const bytes = compress(tar(members), kind);
        const result = await collect(inPieces(bytes, size), { compression: kind });
        expect(result).toMatchObject({ kind: 'stored', sha256: sha256(bytes) });
      }),
      { numRuns: 40 },
    );
  });

  /** Each breaks one rule in any list, given the path of a file that is in it. */
  const mutations: ((file: string) => MemberSpec[])[] = [
    () => [{ path: '/tmp/x' }],
    () => [{ path: `${zen2}/a/../../../b` }],
    () => [{ path: '2024.01/software/x' }],
    () => [{ path: `${zen2}/x`, flag: '3' }],
    () => [{ path: `${zen2}/x`, flag: '6' }],
    () => [{ path: `${zen2}/x`, flag: 'D' }],
    () => [{ path: `${zen2}/x`, mode: 0o6755 }],
    () => [{ path: `${zen2}/x\u0007` }],
    () => [{ path: `${zen2}/x`, flag: '1', link: `${zen2}/y` }],
    () => [{ path: `${zen2}/x`, flag: '2', link: '..' }, { path: `${zen2}/x/y` }],
    (file) => [{ path: file }],
    (file) => [{ path: `${file}/below` }],
    (file) => [{ path: file, flag: '2', link: 'x' }],
    () => [{ path: `${zen2}/software`, flag: '2', link: '/tmp' }],
    () => [{ path: `${zen2}/x`, size: 2 ** 32 }], // a smaller one could end where another member begins
    () => [{ path: `${zen2}/x`, broken: (block) => block.fill(0x20, 148, 156) }],
  ];

  it('with one rule broken anywhere is always refused', async () => {
    const mutation = fc.constantFrom(...mutations);
    await fc.assert(
      fc.asyncProperty(
        cleanMembers,
        mutation,
        fc.nat(),
        compression,
        async (members, mutate, where, kind) => {
          const file = members.find(({ flag, path }) => flag === undefined && !String(path).endsWith('/'));
          const evil = mutate(String(file?.path));
          const at = where % (members.length + 1);
          const list = [...members.slice(0, at), ...evil, ...members.slice(at)];
          await store.delete(key); // of a run that failed, so that shrinking sees what is its own
          const result = await collect(compress(tar(list), kind), { compression: kind });
          expect(result.kind, JSON.stringify(evil)).toBe('refused');
          expect(await stored()).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('cut off anywhere is always refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        cleanMembers,
        fc.double({ min: 0, max: 1, noNaN: true }),
        compression,
        async (members, where, kind) => {
          const whole = tar(members);
          const cutTar = compress(whole.subarray(0, Math.floor(where * (whole.length - 1))), kind);
          expect((await collect(cutTar, { compression: kind })).kind).toBe('refused');
          const bytes = compress(whole, kind);
          const cutStream = bytes.subarray(0, Math.floor(where * (bytes.length - 1)));
          expect((await collect(cutStream, { compression: kind })).kind).toBe('refused');
          expect(await stored()).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
