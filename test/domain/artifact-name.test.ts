import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArtifactName } from '../../src/domain/artifact.ts';
import { nameMismatch, parseArtifactName, promisedPrefixes } from '../../src/domain/artifact-name.ts';

function parsed(file: string): ArtifactName {
  const name = parseArtifactName(file);
  if ('problem' in name) throw new Error(`${file}: ${name.problem}`);
  return name;
}

describe('parseArtifactName', () => {
  it.each([
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-17796967460.tar.zst', 'x86_64/amd/zen2', null, null],
    [
      'eessi-2025.06-software-linux-x86_64-amd-zen3-accel-nvidia-cc80-17774641620.tar.zst',
      'x86_64/amd/zen3',
      'nvidia/cc80',
      null,
    ],
    ['eessi-2026.06-compat-linux-riscv64-1781972080.tar.gz', 'riscv64', null, null],
    ['eessi-20240402-software-linux-riscv64-generic-1781972080.tar.gz', 'riscv64/generic', null, null],
    ['eessi-2023.06-software-linux-aarch64-neoverse_n1-1687955624.tar.gz', 'aarch64/neoverse_n1', null, null],
    [
      'eessi-2023.06-software-linux-aarch64-nvidia-grace-1687955624.tar.gz',
      'aarch64/nvidia/grace',
      null,
      null,
    ],
    [
      'eessi-2023.06-software-linux-aarch64-nvidia-grace-accel-nvidia-cc90-espresso-1687955624.tar.gz',
      'aarch64/nvidia/grace',
      'nvidia/cc90',
      'espresso',
    ],
    [
      'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc70+nvidia-cc90-1687955624.tar.gz',
      'x86_64/amd/zen2',
      'nvidia/cc70+nvidia/cc90',
      null,
    ],
    [
      'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc70-accel-amd-gfx90a-1687955624.tar.gz',
      'x86_64/amd/zen2',
      'nvidia/cc70+amd/gfx90a',
      null,
    ],
    [
      'eessi-2023.06-software-linux-x86_64-amd-zen2-espresso-1687955624.tar.gz',
      'x86_64/amd/zen2',
      null,
      'espresso',
    ],
    [
      'eessi-2023.06-software-linux-x86_64-generic-my.project-1687955624.tar.gz',
      'x86_64/generic',
      null,
      'my.project',
    ],
    ['eessi-2023.06-init-1687955624.tar.gz', '', null, null],
    ['eessi-2023.06-scripts-linux-x86_64-1687955624.tar.gz', 'x86_64', null, null],
  ])('reads %s', (file, cpu, accelerator, project) => {
    expect(parsed(file)).toMatchObject({ file, cpu, accelerator, project });
  });

  it('reads every part', () => {
    expect(parsed('eessi-2023.06-rc.1-software-macos-aarch64-generic-17796967460.tar.zst')).toEqual({
      file: 'eessi-2023.06-rc.1-software-macos-aarch64-generic-17796967460.tar.zst',
      version: '2023.06-rc.1',
      type: 'software',
      os: 'macos',
      cpu: 'aarch64/generic',
      accelerator: null,
      project: null,
      epoch: '17796967460',
      compression: 'zst',
    });
  });

  it.each([
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-123456789.tar.gz', 'epoch'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-123456789012.tar.gz', 'epoch'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.xz', 'tar.zst'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz\n', 'looks like'],
    ['../eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz', 'looks like'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2/..-1687955624.tar.gz', 'looks like'],
    ['eessi-2023.06-software-linux-x86_64-amd--zen2-1687955624.tar.gz', 'empty parts'],
    ['eessi-2023.6-software-linux-x86_64-amd-zen2-1687955624.tar.gz', 'YYYY.MM'],
    ['eessi-2023.06-hardware-linux-x86_64-amd-zen2-1687955624.tar.gz', 'types'],
    ['eessi-2023.06-software-windows-x86_64-amd-zen2-1687955624.tar.gz', 'operating system'],
    ['eessi-2023.06-software-linux-i386-generic-1687955624.tar.gz', 'architecture'],
    ['eessi-2023.06-software-linux-x86_64-1687955624.tar.gz', 'which CPU'],
    ['eessi-2023.06-software-linux-x86_64-amd-1687955624.tar.gz', 'which CPU'],
    ['eessi-2023.06-software-linux-x86_64-accel-nvidia-cc80-1687955624.tar.gz', 'which CPU'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-accel-1687955624.tar.gz', 'accelerator'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-80-1687955624.tar.gz', 'accelerator'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-a-b-1687955624.tar.gz', 'unknown parts'],
    ['eessi-2023.06-software-linux-x86_64-amd-zen2-..-1687955624.tar.gz', 'project'],
    ['eessi-2023.06-compat-linux-x86_64-accel-nvidia-cc80-1687955624.tar.gz', 'unknown parts'],
    [`eessi-2023.06-software-linux-x86_64-amd-zen2-${'a'.repeat(255)}-1687955624.tar.gz`, '255'],
    ['', 'looks like'],
  ])('refuses %j', (file, reason) => {
    const name = parseArtifactName(file);
    expect('problem' in name ? name.problem : name).toContain(reason);
  });

  it('gives a name that is safe in a path, or a sentence, for any text', () => {
    const words = fc.constantFrom(
      'eessi',
      '2023.06',
      'software',
      'linux',
      'x86_64',
      'amd',
      'zen2',
      '..',
      '/',
      'accel',
    );
    const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 10 }).map((parts) => parts.join('-'));
    fc.assert(
      fc.property(text, (middle) => {
        const name = parseArtifactName(`eessi-${middle}-1687955624.tar.gz`);
        if ('problem' in name) return name.problem.endsWith('.');
        const parts = promisedPrefixes(name).join('/').split('/');
        return (
          !name.file.includes('/') && !parts.includes('..') && !parts.includes('') && name.project !== '..'
        );
      }),
    );
  });
});

describe('promisedPrefixes', () => {
  it.each([
    [
      'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz',
      ['2023.06/software/linux/x86_64/amd/zen2'],
    ],
    [
      'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc70+nvidia-cc90-1687955624.tar.gz',
      [
        '2023.06/software/linux/x86_64/amd/zen2/accel/nvidia/cc70',
        '2023.06/software/linux/x86_64/amd/zen2/accel/nvidia/cc90',
      ],
    ],
    ['eessi-2026.06-compat-linux-riscv64-1781972080.tar.gz', ['2026.06/compat/linux/riscv64']],
    ['eessi-2023.06-init-1687955624.tar.gz', ['2023.06/init']],
  ])('of %s', (file, prefixes) => {
    expect(promisedPrefixes(parsed(file))).toEqual(prefixes);
  });
});

describe('nameMismatch', () => {
  const zen2 = { os: 'linux', cpu: 'x86_64/amd/zen2', accelerator: null } as const;
  const plain = 'eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz';
  const gpus = 'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc70+nvidia-cc90-1687955624.tar.gz';

  it.each([
    [plain, zen2, '2023.06', null],
    [plain, zen2, '2025.06', 'The name says version `2023.06`, the build was for `2025.06`.'],
    [
      plain,
      { ...zen2, os: 'macos' as const },
      '2023.06',
      'The name says `linux`, the build was for `macos`.',
    ],
    [
      plain,
      { ...zen2, cpu: 'x86_64/amd/zen3' },
      '2023.06',
      'The name says `x86_64/amd/zen2`, the build was for `x86_64/amd/zen3`.',
    ],
    [
      plain,
      { ...zen2, accelerator: 'nvidia/cc80' },
      '2023.06',
      'The name says no accelerator, the build was for `nvidia/cc80`.',
    ],
    [gpus, { ...zen2, accelerator: 'nvidia/cc90+nvidia/cc70' }, '2023.06', null],
    [gpus, zen2, '2023.06', 'The name says `nvidia/cc70+nvidia/cc90`, the build was for none.'],
    ['eessi-2023.06-compat-linux-x86_64-1687955624.tar.gz', zen2, '2023.06', null],
    ['eessi-2023.06-init-1687955624.tar.gz', zen2, '2023.06', null],
    ['eessi-2023.06-rc1-init-1687955624.tar.gz', zen2, '2023.06', null],
  ])('%s for %j %s', (file, target, version, sentence) => {
    expect(nameMismatch(parsed(file), { target, version })).toBe(sentence);
  });
});
