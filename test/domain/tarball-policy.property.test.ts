import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TarMember } from '../../src/domain/artifact.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { defaultLimits, type TarballLimits, tarballPolicy } from '../../src/domain/tarball-policy.ts';

/** What a name allows: where its content may lie. */
const kinds = {
  plain: {
    name: 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz',
    places: ['2023.06/software/linux/x86_64/amd/zen2', '2023.06/init', '2023.06/scripts/tools'],
  },
  gpu: {
    name: 'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc80-1687955624.tar.gz',
    places: [
      '2023.06/software/linux/x86_64/amd/zen2/accel/nvidia/cc80',
      '2023.06/software/linux/x86_64/amd/zen2',
    ],
  },
  compat: {
    name: 'eessi-2023.06-compat-linux-x86_64-1687955624.tar.gz',
    places: ['2023.06/compat/linux/x86_64'],
  },
  init: { name: 'eessi-2023.06-init-1687955624.tar.gz', places: ['2023.06/init'] },
};
type Kind = keyof typeof kinds;

function file(path: string, more: Partial<TarMember> = {}): TarMember {
  return { path, type: 'file', bytes: 10, mode: 0o644, link: null, ...more };
}
const directory = (path: string, mode = 0o755): TarMember => file(`${path}/`, { type: 'directory', mode });
const link = (type: 'symlink' | 'hardlink', path: string, to: string): TarMember =>
  file(path, { type, link: to });

interface Case {
  kind: Kind;
  members: TarMember[];
  limits?: Partial<TarballLimits>;
  /** Compressed and decompressed bytes. */
  sizes?: readonly [number, number];
  cpu?: string;
}

function broken({ kind, members, limits, sizes = [100, 1000], cpu = 'x86_64/amd/zen2' }: Case): string[] {
  const name = parseArtifactName(kinds[kind].name);
  if ('problem' in name) throw new Error(name.problem);
  const target = { os: 'linux', cpu, accelerator: name.accelerator } as const;
  const policy = tarballPolicy({
    name,
    expect: { target, version: '2023.06' },
    limits: { ...defaultLimits, ...limits },
  });
  for (const member of members) policy.member(member);
  policy.sizes(...sizes);
  return policy.end().map(({ rule }) => rule);
}

const part = fc.stringMatching(/^[A-Za-z0-9_+ .~-]{1,30}$/).filter((text) => !/^\.+$/.test(text));
/** Of the longest part and a path near the longest. */
const long = fc.constantFrom(
  'p'.repeat(255),
  'é'.repeat(127),
  `${'q'.repeat(40)}${`/${'q'.repeat(200)}`.repeat(18)}`,
);
const clean: fc.Arbitrary<Case> = fc.constantFrom(...(Object.keys(kinds) as Kind[])).chain((kind) => {
  const one = fc.tuple(
    fc.constantFrom(...kinds[kind].places),
    part,
    fc.oneof({ weight: 5, arbitrary: part }, long),
  );
  return fc
    .uniqueArray(one, { minLength: 1, maxLength: 8, selector: (parts) => parts.join('/') })
    .map((list) => ({
      kind,
      members: list.flatMap(([place, above, name]) => [
        directory(`${place}/d${above}`, 0o2755),
        file(`${place}/d${above}/${name}`, { mode: 0o555 }),
        link('symlink', `${place}/s${above}/${name}`, '../../../anywhere'),
        link('hardlink', `${place}/h${above}/${name}`, `${place}/d${above}/${name}`),
      ]),
    }));
});

/** Members that break a rule in any list, given a place where content may lie and a file that is there. */
type Mutation = [rule: string, evil: (place: string, file: string) => TarMember[], kind?: Kind];
const x = (more: Partial<TarMember>) => (place: string) => [file(`${place}/x`, more)];
const at =
  (path: string, type: TarMember['type'] = 'file') =>
  () => [file(path, { type, link: null })];
const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
const mutations: Mutation[] = [
  ['absolute', at('/2023.06/software/x')],
  ['escapes', (place) => [file(`${place}/../x`)]],
  ['escapes', at('../x')],
  ['path-form', (place) => [file(`./${place}/x`)]],
  ['path-form', (place) => [file(`${place}//x`)]],
  ['path-form', (place) => [file(`${place}/${'x'.repeat(256)}`)]],
  ['path-form', (place) => [file(`${place}/${'é'.repeat(128)}`)]],
  ['path-form', (place) => [file(`${place}/${'x/'.repeat(2000)}x`)]],
  ['path-form', (place) => [link('symlink', `${place}/x`, 'y'.repeat(3901))]],
  ['encoding', (place) => [file(`${place}/x\n`)]],
  ['encoding', (place) => [file(`${place}/x\u009b`)]],
  ['encoding', (place) => [file(`${place}/\ufffd`)]],
  ['encoding', (place) => [link('symlink', `${place}/x`, '\u001b')]],
  ['special', x({ type: 'device' })],
  ['special', x({ type: 'fifo' })],
  ['special', x({ type: 'other' })],
  ['privileges', x({ mode: 0o4755 })],
  ['privileges', x({ mode: 0o2755 })],
  ['privileges', (place) => [directory(`${place}/x`, 0o4755)]],
  [
    'privileges',
    (place, one) => [file(one), file(`${place}/x`, { type: 'hardlink', link: one, mode: 0o4755 })],
  ],
  ['through-link', (place) => [link('symlink', `${place}/x`, '..'), file(`${place}/x/y`)]],
  ['through-link', (place) => [file(`${place}/x`), file(`${place}/x/y`)]],
  ['hardlink', (place) => [link('hardlink', `${place}/x`, '/etc/passwd')]],
  ['hardlink', (place) => [link('hardlink', `${place}/x`, `${place}/x`)]],
  ['hardlink', (place) => [link('symlink', `${place}/x`, 'y'), link('hardlink', `${place}/z`, `${place}/x`)]],
  ['duplicate', (_place, one) => [file(one)]],
  ['duplicate', (_place, one) => [link('symlink', one, 'x')]],
  ['duplicate', (place) => [directory(`${place}/x`), file(`${place}/x`)]],
  ['duplicate', (place) => [file(`${place}/x/y`), link('symlink', `${place}/x`, 'z')]],
  ['outside', at('x')],
  ['outside', at('2024.01/init/x')],
  ['outside', at('2023.06', 'symlink')],
  ['outside', at('2023.06/etc/x')],
  ['outside', at('2023.06-other/init/x')],
  ['outside', at('2023.06/software/macos/x86_64/amd/zen2/x')],
  ['outside', at('2023.06/software/linux/x86_64/amd/zen22/x')],
  ['outside', at('2023.06/software/linux/x86_64/amd', 'symlink')],
  ['outside', at(`${zen2}/accel`, 'directory'), 'plain'],
  ['outside', at(`${zen2}/accel/nvidia/cc80/x`), 'plain'],
  ['outside', at(`${zen2}/accel/nvidia/cc90/x`), 'gpu'],
  ['outside', at(`${zen2}/accel/amd`, 'directory'), 'gpu'],
  ['outside', at(`${zen2}/accel/nvidia/cc80`, 'symlink'), 'gpu'],
  ['outside', at('2023.06/init/x'), 'compat'],
  ['outside', at(`${zen2}/x`), 'compat'],
  ['outside', at('2023.06/scripts/x'), 'init'],
];

/** What breaks a rule without a member that would be wrong by itself. */
const others: [rule: string, change: (whole: Case) => Case][] = [
  ['misnamed', (whole) => ({ ...whole, cpu: 'aarch64/generic', kind: 'plain', members: [] })],
  ['empty', (whole) => ({ ...whole, members: whole.members.filter(({ type }) => type === 'directory') })],
  ['too-many', (whole) => ({ ...whole, limits: { members: whole.members.length - 1 } })],
  ['too-large', (whole) => ({ ...whole, limits: { bytes: 999 } })],
  ['bomb', (whole) => ({ ...whole, sizes: [2 ** 20, 2 ** 28 + 1] })],
];

describe('any list of members', () => {
  it('that is clean is never refused, right up to the limits', () => {
    fc.assert(
      fc.property(clean, (whole) => {
        const limits = { members: whole.members.length, bytes: 1000 };
        expect(broken({ ...whole, limits })).toEqual([]);
        expect(broken({ ...whole, sizes: [2 ** 28 / 200, 2 ** 28] })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each(mutations)(
    'is refused by the rule %s when a member breaks it anywhere (case %#)',
    (rule, evil, only) => {
      fc.assert(
        fc.property(
          clean.filter(({ kind }) => only === undefined || kind === only),
          fc.nat(),
          ({ kind, members }, where) => {
            const [place = ''] = kinds[kind].places;
            const [first] = members.filter(({ type }) => type === 'file');
            const cut = where % (members.length + 1);
            const list = [...members.slice(0, cut), ...evil(place, first?.path ?? ''), ...members.slice(cut)];
            expect(broken({ kind, members: list })).toContain(rule);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  it.each(others)('is refused by the rule %s as a whole', (rule, change) => {
    fc.assert(
      fc.property(clean, (whole) => {
        expect(broken(change(whole))).toContain(rule);
      }),
      { numRuns: 30 },
    );
  });

  it('has a mutation for every rule of the policy', () => {
    const source = readFileSync(new URL('../../src/domain/tarball-policy.ts', import.meta.url), 'utf8');
    const names = source.matchAll(/(?:\b(?:breaks|exceeds|wrong)\(\s*|\brule: )'([a-z-]+)'/g);
    const rules = new Set([...names].map(([, rule]) => rule));
    rules.delete('more'); // counts the others
    expect(new Set([...mutations, ...others].map(([rule]) => rule))).toEqual(rules);
  });
});
