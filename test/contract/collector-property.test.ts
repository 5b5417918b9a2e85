import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collecting, inPieces, key, noise, startCollecting, zen2 } from '../harness/collecting.ts';
import { compress, type MemberSpec, sha256, tar } from '../harness/tarballs.ts';

let stage: Collecting;
beforeAll(async () => {
  stage = await startCollecting();
});
beforeEach(() => stage.clear());
afterAll(() => stage.clear());

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
        const result = await stage.collect(inPieces(bytes, size), { compression: kind });
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
          await stage.store.delete(key); // of a run that failed, so that shrinking sees what is its own
          const result = await stage.collect(compress(tar(list), kind), { compression: kind });
          expect(result.kind, JSON.stringify(evil)).toBe('refused');
          expect(await stage.stored()).toEqual([]);
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
          expect((await stage.collect(cutTar, { compression: kind })).kind).toBe('refused');
          const bytes = compress(whole, kind);
          const cutStream = bytes.subarray(0, Math.floor(where * (bytes.length - 1)));
          expect((await stage.collect(cutStream, { compression: kind })).kind).toBe('refused');
          expect(await stage.stored()).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
