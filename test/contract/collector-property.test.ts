import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/domain/tarball-policy.ts';
import {
  type Collecting,
  inPieces,
  key,
  noise,
  rulesOf,
  startCollecting,
  zen2,
} from '../harness/collecting.ts';
import { compress, type MemberSpec, paxHeader, sha256, tar } from '../harness/tarballs.ts';

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

  /** Each breaks one rule in any list, given the path of a file that is in it; in some orders it is another rule. */
  const mutations: [rules: string, evil: (file: string) => MemberSpec[]][] = [
    ['absolute', () => [{ path: '/tmp/x' }]],
    ['escapes', () => [{ path: `${zen2}/a/../../../b` }]],
    ['path-form', () => [{ path: `./${zen2}/x` }]],
    ['path-form', () => [{ path: `${zen2}/${'x'.repeat(256)}` }]],
    ['path-form', () => [{ path: `${zen2}/${'x/'.repeat(2000)}x` }]],
    ['path-form', () => [{ path: `${zen2}/x`, flag: '2', link: 'y'.repeat(3901) }]],
    ['outside', () => [{ path: '2024.01/software/x' }]],
    ['outside', () => [{ path: `${zen2}2/x` }]],
    ['outside', () => [{ path: `${zen2}/accel/nvidia/cc80/x` }]],
    ['special', () => [{ path: `${zen2}/x`, flag: '3' }]],
    ['special', () => [{ path: `${zen2}/x`, flag: '6' }]],
    ['special', () => [{ path: `${zen2}/x`, flag: 'D' }]],
    ['special', () => [paxHeader({ 'GNU.sparse.major': '1' }), { path: `${zen2}/x` }]],
    ['privileges', () => [{ path: `${zen2}/x`, mode: 0o6755 }]],
    ['privileges', () => [paxHeader({ 'SCHILY.xattr.security.capability': 'x' }), { path: `${zen2}/x` }]],
    ['encoding', () => [{ path: `${zen2}/x\u0007` }]],
    ['encoding', () => [{ path: Buffer.from(`${zen2}/caf\u00e9`, 'latin1') }]],
    ['hardlink', () => [{ path: `${zen2}/x`, flag: '1', link: `${zen2}/y` }]],
    ['through-link', () => [{ path: `${zen2}/x`, flag: '2', link: '..' }, { path: `${zen2}/x/y` }]],
    ['duplicate', (file) => [{ path: file }]],
    ['duplicate through-link', (file) => [{ path: `${file}/below` }]],
    ['duplicate', (file) => [{ path: file, flag: '2', link: 'x' }]],
    ['duplicate through-link', () => [{ path: `${zen2}/software`, flag: '2', link: '/tmp' }]],
    // A smaller size could end where another member begins.
    ['truncated', () => [{ path: `${zen2}/x`, size: 2 ** 32 }]],
    ['malformed', () => [{ path: `${zen2}/x`, broken: (block) => block.fill(0x20, 148, 156) }]],
    ['malformed', () => [paxHeader({ path: '/etc/passwd' }, 'g')]],
    ['trailing', (file) => [{ path: file, broken: (block) => block.fill(0) }, { path: `${zen2}/x` }]],
  ];

  it.each(mutations)(
    'with the rule %s broken anywhere is refused for it (case %#)',
    async (rules, mutate) => {
      await fc.assert(
        fc.asyncProperty(cleanMembers, fc.nat(), compression, async (members, where, kind) => {
          const file = members.find(({ flag, path }) => flag === undefined && !String(path).endsWith('/'));
          const at = where % (members.length + 1);
          const list = [...members.slice(0, at), ...mutate(String(file?.path)), ...members.slice(at)];
          await stage.store.delete(key); // of a run that failed, so that shrinking sees what is its own
          const found = rulesOf(await stage.collect(compress(tar(list), kind), { compression: kind }));
          expect(
            rules.split(' ').some((rule) => found.includes(rule)),
            `${found}`,
          ).toBe(true);
          expect(await stage.stored()).toEqual([]);
        }),
        { numRuns: 10 },
      );
    },
  );

  it('at its limits is taken, and beyond one of them refused', async () => {
    await fc.assert(
      fc.asyncProperty(cleanMembers, compression, async (members, kind) => {
        const whole = tar(members);
        const limits = { ...defaultLimits, members: members.length, bytes: whole.length };
        const within = async (given: typeof limits) =>
          rulesOf(await stage.collect(compress(whole, kind), { compression: kind, limits: given }));
        expect(await within({ ...limits, members: limits.members - 1 })).toEqual(['too-many']);
        expect(await within({ ...limits, bytes: limits.bytes - 1 })).toEqual(['too-large']);
        expect(await stage.stored()).toEqual([]);
        expect(await within(limits)).toBe('stored');
        await stage.store.delete(key);
      }),
      { numRuns: 20 },
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
