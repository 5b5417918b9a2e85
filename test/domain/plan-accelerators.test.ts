import { describe, expect, it } from 'vitest';
import { SITE } from './catalogue.ts';
import { builds, wrong } from './planning.ts';

describe('accelerators', () => {
  it.each([
    ['arch=zen2 accel=nvidia/cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu']],
    ['arch=zen2 accel=nvidia=cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu']],
    ['arch=zen2 accel=cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu']],
    ['arch=zen2 accel=cc80+nvidia/cc70', ['x86_64/amd/zen2+nvidia/cc70+nvidia/cc80 2025.06 gpu']],
    [
      'arch=zen2 accel=cc70,cc80',
      ['x86_64/amd/zen2+nvidia/cc70 2025.06 gpu', 'x86_64/amd/zen2+nvidia/cc80 2025.06 gpu'],
    ],
    ['arch=icelake accel=nvidia/*', ['x86_64/intel/icelake+nvidia/cc80 2025.06 gpu-icelake']],
    [
      'arch=all accel=cc80',
      ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu', 'x86_64/intel/icelake+nvidia/cc80 2025.06 gpu-icelake'],
    ],
    ['for:arch=zen2,accel=cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu']],
    ['on:arch=zen2,accel=cc80 for:arch=zen2,accel=cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 gpu']],
    ['on:arch=zen2 for:arch=zen2,accel=cc80', ['x86_64/amd/zen2+nvidia/cc80 2025.06 zen2,zen2-spare']],
    ['on:arch=zen2,accel=cc80 for:arch=zen2', ['x86_64/amd/zen2 2025.06 gpu']],
  ])('build %s', (filters, expected) => {
    expect(builds(`bot: build ${filters}`)).toEqual(expected);
  });

  it.each([
    [
      'arch=zen2 accel=cc90',
      ['unknown-accelerator', 'cc90', 'no accelerator here matches cc90', 'did you mean cc70 or cc80?'],
    ],
    [
      'arch=zen2 accel=nvidia',
      [
        'ambiguous-accelerator',
        'nvidia',
        'nvidia is a family of accelerators, not one of them',
        'write nvidia/* for all of them',
      ],
    ],
    ['arch=zen2 accel=cc', ['ambiguous-accelerator', 'cc', 'cc can mean several accelerators', null]],
    [
      'arch=icelake accel=cc70+cc80',
      ['no-node', 'icelake', 'no nodes of x86_64/intel/icelake here have nvidia/cc70+nvidia/cc80', null],
    ],
    [
      'arch=n1 accel=nvidia/*',
      ['no-node', 'n1', 'no nodes of aarch64/neoverse_n1 here have nvidia/cc70', null],
    ],
  ])('build %s: %j', (filters, expected) => {
    expect(wrong(`bot: build ${filters}`)).toEqual([expected]);
  });

  it('says so where there are none', () => {
    const plain = { ...SITE, pools: SITE.pools.filter((offer) => offer.accelerators.length === 0) };
    expect(wrong('bot: build arch=zen2 accel=cc80', plain)).toEqual([
      ['unknown-accelerator', 'cc80', 'no nodes here have accelerators', null],
    ]);
  });
});
