import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArtifactName, TarMember } from '../../src/domain/artifact.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { defaultLimits, showName, tarballPolicy } from '../../src/domain/tarball-policy.ts';

const zen2 = '2023.06/software/linux/x86_64/amd/zen2';
const plainName = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz';
const gpuName = 'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc80-1687955624.tar.gz';

function file(path: string, more: Partial<TarMember> = {}): TarMember {
  return { path, type: 'file', bytes: 10, mode: 0o644, link: null, ...more };
}
const directory = (path: string): TarMember => file(path, { type: 'directory', bytes: 0, mode: 0o755 });
const symlink = (path: string, link: string): TarMember => file(path, { type: 'symlink', bytes: 0, link });
const hardlink = (path: string, link: string): TarMember => file(path, { type: 'hardlink', bytes: 0, link });

function policyFor(fileName: string, limits = defaultLimits) {
  const name = parseArtifactName(fileName);
  if ('problem' in name) throw new Error(name.problem);
  return tarballPolicy({ name, expect: expectationOf(name), limits });
}

function expectationOf({ cpu, accelerator, version }: ArtifactName) {
  return { target: { os: 'linux', cpu, accelerator }, version } as const;
}

function judge(members: readonly TarMember[], fileName = plainName): string[] {
  const policy = policyFor(fileName);
  for (const member of members) policy.member(member);
  return policy.end().map(({ rule, sentence }) => `${rule}: ${sentence}`);
}

const rules = (...args: Parameters<typeof judge>): (string | undefined)[] =>
  judge(...args).map((line) => line.split(':')[0]);

describe('tarballPolicy', () => {
  it('accepts what build scripts make', () => {
    const members = [
      directory('2023.06/'),
      directory(`${zen2}/`),
      directory(`${zen2}/`),
      file(`${zen2}/modules/all/a/1.lua`),
      symlink(`${zen2}/modules/bio/a/1.lua`, '../../all/a/1.lua'),
      symlink(`${zen2}/software/a/1/host`, '/cvmfs/software.eessi.io/host_injections'),
      file(`${zen2}/software/a/1/bin/a`, { mode: 0o755 }),
      hardlink(`${zen2}/software/a/1/bin/b`, `${zen2}/software/a/1/bin/a`),
      { ...directory(`${zen2}/software/a/1/share/`), mode: 0o2755 },
      file(`${zen2}/software/a/1/share/Ünï cödé 日本`),
      file('2023.06/init/bash'),
      file('2023.06/scripts/gpu_support/link.sh'),
    ];
    expect(judge(members)).toEqual([]);
  });

  it.each<[string, string, TarMember[]]>([['a name that is not the target', 'x', []]])(
    'starts with nothing right: %s',
    () => {
      expect(judge([])).toEqual(['empty: The tarball has no files in it.']);
      expect(judge([directory(`${zen2}/`), symlink(`${zen2}/a`, 'b')])).toEqual([
        'empty: The tarball has no files in it.',
      ]);
    },
  );

  it.each<[rule: string, ...TarMember[]]>([
    ['absolute', file('/etc/passwd')],
    ['escapes', file(`${zen2}/../zen3/software/a`)],
    ['escapes', file('../2023.06/init/bash')],
    ['path-form', file(`./${zen2}/software/a`)],
    ['path-form', file(`${zen2}//software/a`)],
    ['path-form', file(`${zen2}/${'x'.repeat(256)}`)],
    ['path-form', file(`${zen2}/${'é'.repeat(128)}`)],
    ['path-form', symlink(`${zen2}/link/`, 'a')],
    ['path-form', symlink(`${zen2}/link`, 'a'.repeat(4000))],
    ['through-link', symlink(`${zen2}/out`, '/etc'), file(`${zen2}/out/passwd`)],
    ['through-link', symlink(`${zen2}/out`, '/etc'), directory(`${zen2}/out/conf.d/`)],
    ['through-link', file(`${zen2}/a`), file(`${zen2}/a/b`)],
    ['duplicate', file(`${zen2}/a/b`), symlink(`${zen2}/a`, '/etc')],
    ['duplicate', directory(`${zen2}/a/`), symlink(`${zen2}/a`, '/etc')],
    ['duplicate', file(`${zen2}/a`), file(`${zen2}/a`)],
    ['duplicate', file(`${zen2}/a`), directory(`${zen2}/a/`)],
    ['duplicate', symlink(`${zen2}/a`, '/etc'), directory(`${zen2}/a/`)],
    ['hardlink', hardlink(`${zen2}/a`, `${zen2}/missing`)],
    ['hardlink', hardlink(`${zen2}/a`, '/etc/passwd')],
    ['hardlink', symlink(`${zen2}/s`, '/etc/passwd'), hardlink(`${zen2}/a`, `${zen2}/s`)],
    ['hardlink', hardlink(`${zen2}/a`, `${zen2}/a`)],
    ['special', file(`${zen2}/a`, { type: 'device' })],
    ['special', file(`${zen2}/a`, { type: 'fifo' })],
    ['special', file(`${zen2}/a`, { type: 'other' })],
    ['privileges', file(`${zen2}/a`, { mode: 0o4755 })],
    ['privileges', file(`${zen2}/a`, { mode: 0o2755 })],
    ['privileges', { ...directory(`${zen2}/a/`), mode: 0o4755 }],
    ['encoding', file(`${zen2}/a\nb`)],
    ['encoding', file(`${zen2}/a\u007f`)],
    ['encoding', file(`${zen2}/caf\ufffd`)],
    ['encoding', symlink(`${zen2}/a`, 'b\u0000c')],
    ['outside', file('README')],
    ['outside', file('2023.06')],
    ['outside', file('2023.06/software')],
    ['outside', symlink('2023.06/software/linux', 'macos')],
    ['outside', file(zen2)],
    ['outside', file('2025.06/software/linux/x86_64/amd/zen2/a')],
    ['outside', file('2023.06/etc/passwd')],
    ['outside', file('2023.06/compat/linux/x86_64/a')],
    ['outside', file('2023.06/software/macos/x86_64/amd/zen2/a')],
    ['outside', file('2023.06/software/linux/aarch64/generic/a')],
    ['outside', file('2023.06/software/linux/x86_64/amd/zen22/a')],
    ['outside', file(`${zen2}/accel/nvidia/cc80/a`)],
  ])('refuses by the rule %s (case %#)', (rule, ...members) => {
    expect(rules([...members, file(`${zen2}/clean`)])).toContain(rule);
    expect(rules([...members.slice(0, -1), file(`${zen2}/clean`)])).toEqual([]);
  });

  it('allows one root, which may have a suffix', () => {
    expect(rules([file('2023.06-a/init/bash'), file('2023.06-a/init/zsh')])).toEqual([]);
    expect(rules([file('2023.06-a/init/bash'), file('2023.06/init/zsh')])).toEqual(['outside']);
  });

  it('allows the CPU part beside an accelerator, and no other accelerator', () => {
    expect(
      judge([file(`${zen2}/accel/nvidia/cc80/software/a/1/a`), file(`${zen2}/modules/all/b/1.lua`)], gpuName),
    ).toEqual([]);
    expect(judge([file(`${zen2}/accel/nvidia/cc90/a`)], gpuName)).toEqual([
      `outside: \`${zen2}/accel/nvidia/cc90/a\` is not for \`nvidia/cc80\`, the accelerator in the name.`,
    ]);
    expect(rules([symlink(`${zen2}/accel/nvidia`, 'x')], gpuName)).toContain('outside');
  });

  it.each([
    ['eessi-2026.06-compat-linux-riscv64-1781972080.tar.gz', '2026.06/compat/linux/riscv64/usr/bin/ls', []],
    [
      'eessi-2026.06-compat-linux-riscv64-1781972080.tar.gz',
      '2026.06/software/linux/riscv64/generic/a',
      ['outside'],
    ],
    ['eessi-2026.06-init-1781972080.tar.gz', '2026.06/init/bash', []],
    ['eessi-2026.06-init-1781972080.tar.gz', '2026.06/scripts/bash', ['outside']],
    [plainName, '2023.06-fix1/software/linux/x86_64/amd/zen2/a', []],
  ])('%s may hold %s: %j', (name, path, expected) => {
    expect(rules([file(path)], name)).toEqual(expected);
  });

  it('names the member in a sentence that is fit to be shown', () => {
    const evil = `${zen2}/\u001b[31m\u202e<script>`;
    expect(judge([file(evil)])).toEqual([
      `encoding: \`${zen2}/\\u{1b}[31m\\u{202e}<script>\` has control characters or broken UTF-8 in its name or link.`,
    ]);
  });

  it('refuses a name that is not what was built, before any member', () => {
    const name = parseArtifactName(plainName);
    if ('problem' in name) throw new Error(name.problem);
    const target = { os: 'linux', cpu: 'x86_64/amd/zen3', accelerator: null } as const;
    const policy = tarballPolicy({ name, expect: { target, version: '2023.06' } });
    expect(policy.broken()).toBe(true);
    expect(policy.end().map(({ rule }) => rule)).toEqual(['misnamed']);
  });

  it('keeps twenty violations and counts the rest', () => {
    const found = judge(Array.from({ length: 25 }, (_, index) => file(`/etc/${index}`)));
    expect(found).toHaveLength(21);
    expect(found[20]).toBe('more: There are 5 more problems like these.');
  });

  it('stops at its limits', () => {
    const members = policyFor(plainName, { ...defaultLimits, members: 2 });
    expect([1, 2, 3, 4].map((index) => members.member(file(`${zen2}/${index}`)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(members.end().map(({ rule }) => rule)).toEqual(['too-many']);

    const bytes = policyFor(plainName, { ...defaultLimits, bytes: 1000 });
    expect([bytes.sizes(900, 1000), bytes.sizes(900, 1001), bytes.sizes(900, 1002)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(bytes.end().map(({ rule }) => rule)).toEqual(['too-large']);
  });

  it('takes a file of zeros for one, and gigabytes out of nothing for a bomb', () => {
    const small = policyFor(plainName);
    expect(small.sizes(1000, 200 * 2 ** 20)).toBe(true);
    expect(small.sizes(10 * 2 ** 20, 2 ** 30)).toBe(true);
    expect(small.sizes(2 ** 20, 2 ** 30)).toBe(false);
    expect(small.end().map(({ rule }) => rule)).toEqual(['bomb']);
  });

  it('remembers many paths apart', () => {
    const policy = policyFor(plainName);
    for (let index = 0; index < 100_000; index++)
      policy.member(file(`${zen2}/software/p${index % 300}/f${index}`));
    expect(policy.end()).toEqual([]);
    policy.member(file(`${zen2}/software/p7/f7`));
    expect(policy.end().map(({ rule }) => rule)).toEqual(['duplicate']);
  });
});

describe('showName', () => {
  it('is one line of at most 120 visible characters, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const shown = showName(name);
        return [...shown].length <= 120 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown);
      }),
    );
    expect(showName('a'.repeat(120))).toBe('a'.repeat(120));
    expect(showName('a'.repeat(121))).toBe(`${'a'.repeat(119)}…`);
  });
});
