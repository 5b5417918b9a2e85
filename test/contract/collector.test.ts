import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCollector } from '../../src/artifacts/collector.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import type { ArtifactStore } from '../../src/ports.ts';
import {
  type Collecting,
  expectZen2,
  inPieces,
  key,
  nameOf,
  noise,
  rulesOf,
  startCollecting,
  zen2,
} from '../harness/collecting.ts';
import { silent } from '../harness/log.ts';
import { startS3 } from '../harness/s3.ts';
import { compress, type MemberSpec, sha256, softwareMembers, tar, tarEnd } from '../harness/tarballs.ts';

let stage: Collecting;
beforeAll(async () => {
  stage = await startCollecting();
});
beforeEach(() => stage.clear());
afterAll(() => stage.clear());

describe.each(['gz', 'zst'] as const)('a clean %s tarball', (compression) => {
  it('is stored as it came, with its digest and overview', async () => {
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/large`, content: noise(300_000) }]),
      compression,
    );
    const result = await stage.collect(bytes, { compression });
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
    expect(sha256(await readFile(join(stage.folder, key)))).toBe(sha256(bytes));
  });

  it('goes to S3 in several parts', async () => {
    const server = await startS3();
    const s3 = s3Store({ ...server, forcePathStyle: true, log: silent });
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/large`, content: noise(20 * 2 ** 20) }]),
      compression,
    );
    const result = await stage.collect(inPieces(bytes, 100_000), { compression, into: s3 });
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
    const result = await stage.collect(source, { compression });
    expect(rulesOf(result)).toContain(rule);
    expect(source.destroyed).toBe(true);
    expect(await stage.stored()).toEqual([]);
  });
});

describe('a compressed stream', () => {
  it.each(['gz', 'zst'] as const)('of %s that is cut off or goes on is refused', async (compression) => {
    const bytes = compress(clean, compression);
    expect(rulesOf(await stage.collect(bytes.subarray(0, -1), { compression }))).toEqual(['truncated']);
    expect(
      rulesOf(await stage.collect(Buffer.concat([bytes, Buffer.from('more')]), { compression })),
    ).toEqual(['trailing']);
    expect(rulesOf(await stage.collect(Buffer.from('<html>504</html>'), { compression }))).toEqual([
      'corrupt',
    ]);
    expect(await stage.stored()).toEqual([]);
  });

  it.each(['gz', 'zst'] as const)('of %s that has no bytes at all is empty', async (compression) => {
    const result = await stage.collect(Buffer.alloc(0), { compression });
    expect(result).toEqual({
      kind: 'refused',
      violations: [{ rule: 'empty', sentence: 'The file is empty, it has no bytes.' }],
    });
    expect(await stage.stored()).toEqual([]);
  });

  it('over a limit is refused without reading on', async () => {
    const bytes = compress(
      tar([...softwareMembers(), { path: `${zen2}/zeros`, content: Buffer.alloc(300 * 2 ** 20) }]),
      'zst',
    );
    expect(rulesOf(await stage.collect(bytes, { compression: 'zst' }))).toEqual(['bomb']);
    const tooMany = await stage.collect(compress(clean, 'gz'), { limits: { ...defaultLimits, members: 3 } });
    expect(rulesOf(tooMany)).toEqual(['too-many']);
    const tooLarge = await stage.collect(compress(clean, 'gz'), {
      limits: { ...defaultLimits, bytes: 3000 },
    });
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
    const collector = createCollector({ store: stage.store, log: silent });
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
    await stage.collect(good);
    await stage.collect(good.subarray(0, -1));
    expect(sha256(await readFile(join(stage.folder, key)))).toBe(sha256(good));
  });

  it('tells all that is wrong, not only the first', async () => {
    const bytes = compress(
      withMember({ path: '/a' }, { path: '../b' }, { path: `${zen2}/p`, flag: '6' }),
      'gz',
    );
    expect(rulesOf(await stage.collect(bytes))).toEqual(['absolute', 'escapes', 'special']);
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
    const thrown = await stage.collect(Readable.from(failing())).catch((cause) => cause);
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown.message).toContain(text);
    expect(await stage.stored()).toEqual([]);
  });

  it.each([
    ['at once', 0],
    ['in the middle', 3],
    ['at the end', Number.POSITIVE_INFINITY],
  ])('passes an error of the store on that comes %s', async (_when, chunks) => {
    const failing: ArtifactStore = {
      ...stage.store,
      async put(_key, content) {
        let taken = 0;
        for await (const _chunk of content) if (taken++ >= chunks) break;
        throw new Retryable('S3 says SlowDown');
      },
    };
    const source = inPieces(compress(withMember({ path: `${zen2}/large`, content: noise(500_000) }), 'gz'));
    await expect(stage.collect(source, { into: failing })).rejects.toThrow(new Retryable('S3 says SlowDown'));
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
      ...stage.store,
      async put(at, content, options) {
        await gate.promise;
        return stage.store.put(at, content, options);
      },
    };
    const result = stage.collect(source, { into: slow });
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
      tar([{ path: '/etc/passwd' }, { path: `${zen2}/large`, content: noise(8_000_000) }]), // far more than may be on its way to the thread that judges
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
      ...stage.store,
      put(at, content, options) {
        options.signal?.addEventListener('abort', () => (givenAtAbort = given));
        return stage.store.put(at, content, options);
      },
    };
    expect(rulesOf(await stage.collect(source, { into: watching }))).toEqual(['absolute']);
    expect(givenAtAbort).toBeGreaterThan(0);
    expect(givenAtAbort).toBeLessThan(bytes.length / 2);
  });
});
