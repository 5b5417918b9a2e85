import { describe, expect, it } from 'vitest';
import { meantFor, parseComment } from '../../src/domain/parse-command.ts';
import { planBuild } from '../../src/domain/plan.ts';
import type { Catalogue } from '../../src/domain/target.ts';
import { pool, SITE } from './catalogue.ts';
import { builds, mistakes, plan, wrong } from './planning.ts';

describe('limits', () => {
  it.each([
    ['arch=all repo:2025.06', 6],
    ['arch=n1,v1', 1],
    ['arch=n1 --keep-going\nbot: build arch=v1,zenn2', 1],
    ['arch=skylake_avx512 repo:all', 1],
  ])('build %s is more than %i, and nothing of it is planned', (filters, most) => {
    const limits = (buildsPerRequest: number) => ({ ...SITE.limits, buildsPerRequest });
    const { commands, keepGoing } = meantFor(parseComment(`bot: build ${filters}`), SITE);
    const planned = (site: Catalogue) => planBuild(commands, site, [], keepGoing);
    expect(planned({ ...SITE, limits: limits(most) })).toMatchObject({
      kind: 'mistakes',
      mistakes: [
        {
          code: 'too-many-builds',
          message: `this comes to ${most + 1} builds, and one comment may ask for ${most}`,
        },
      ],
    });
    expect(planned({ ...SITE, limits: limits(most + 1) })).toMatchObject({ kind: 'builds' });
  });
});

describe('targets', () => {
  it.each([
    ['arch=zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=ZEN2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=amd/zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=x86_64-amd-zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=linux/x86_64/amd/zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=n1', ['aarch64/neoverse_n1 2025.06 n1']],
    ['arch=x86_64/generic', ['x86_64/generic 2025.06 generic']],
    ['arch=v1,zen2', ['aarch64/neoverse_v1 2025.06 v1', 'x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['arch=zen2,amd/zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['for:arch=x86_64/amd/zen2', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
    ['on:arch=zen4 for:arch=zen3', ['x86_64/amd/zen3 2025.06 zen4']],
    ['on:arch=all for:arch=zen3', ['x86_64/amd/zen3 2025.06 zen4']],
    [
      'arch=aarch64/*',
      [
        'aarch64/generic 2025.06 arm-generic',
        'aarch64/neoverse_n1 2025.06 n1',
        'aarch64/neoverse_v1 2025.06 v1',
      ],
    ],
    ['arch=zen*', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare', 'x86_64/amd/zen4 2025.06 zen4']],
    ['arch=*/generic', ['x86_64/generic 2025.06 generic', 'aarch64/generic 2025.06 arm-generic']],
  ])('build %s', (filters, expected) => {
    expect(builds(`bot: build ${filters}`)).toEqual(expected);
  });

  it('all: every target that nodes without accelerators build for themselves', () => {
    expect(builds('bot: build arch=all repo:2025.06').map((build) => build.split(' ')[0])).toEqual([
      'x86_64/generic',
      'x86_64/amd/zen2',
      'x86_64/amd/zen4',
      'x86_64/intel/skylake_avx512',
      'aarch64/generic',
      'aarch64/neoverse_n1',
      'aarch64/neoverse_v1',
    ]);
  });

  it.each([
    ['', ['no-target', 'build', 'it does not say what to build for', 'add arch=x86_64/generic, or arch=all']],
    [
      'on:arch=zen2',
      ['no-target', 'build', 'on: says where, but not what to build for', 'add for:arch=x86_64/generic'],
    ],
    ['arch=zenn2', ['unknown-target', 'zenn2', 'no target here matches zenn2', 'did you mean zen2?']],
    [
      'arch=x84_64/generic',
      [
        'unknown-target',
        'x84_64/generic',
        'no target here matches x84_64/generic',
        'did you mean x86_64/generic?',
      ],
    ],
    ['arch=riscv64/*', ['unknown-target', 'riscv64/*', 'no target here matches riscv64/*', null]],
    ['arch=2', ['unknown-target', '2', 'no target here matches 2', null]],
    ['arch=zen', ['ambiguous-target', 'zen', 'zen can mean several targets', null]],
    ['arch=generic', ['ambiguous-target', 'generic', 'generic can mean several targets', null]],
    [
      'arch=x86_64',
      [
        'ambiguous-target',
        'x86_64',
        'x86_64 is a family of targets, not one of them',
        'write x86_64/* for all of them',
      ],
    ],
    [
      'arch=zen3',
      [
        'no-node',
        'zen3',
        'there are no nodes of x86_64/amd/zen3 here, others build for it',
        'write on:arch=zen4 for:arch=x86_64/amd/zen3',
      ],
    ],
    [
      'arch=icelake',
      [
        'no-node',
        'icelake',
        'nodes of x86_64/intel/icelake here all have accelerators',
        'add accel=nvidia/cc80',
      ],
    ],
    ['arch=zen4 accel=cc80', ['no-node', 'zen4', 'no nodes of x86_64/amd/zen4 here have nvidia/cc80', null]],
    [
      'on:arch=zen4 for:arch=zen2',
      ['no-node', 'zen2', 'x86_64/amd/zen2 is not built on the nodes that on: names', null],
    ],
    [
      'on:arch=zen5 for:arch=zen2',
      ['no-node', 'zen5', 'no nodes without an accelerator match zen5', 'did you mean zen2 or zen4?'],
    ],
    ['on:arch=zen for:arch=zen2', ['ambiguous-target', 'zen', 'zen can mean several nodes', null]],
  ])('build %s: %j', (filters, expected) => {
    expect(wrong(`bot: build ${filters}`)).toEqual([expected]);
  });

  it('lists what exists', () => {
    expect(mistakes('bot: build arch=zenn2')[0]?.choices).toEqual([
      'x86_64/generic',
      'zen2',
      'zen4',
      'skylake_avx512',
      'aarch64/generic',
      'neoverse_n1',
      'neoverse_v1',
    ]);
    expect(mistakes('bot: build arch=zen')[0]?.choices).toEqual(['zen2', 'zen4']);
    expect(mistakes('bot: build on:arch=zen4 for:arch=n1')[0]?.choices).toEqual(['zen4', 'zen3']);
  });

  it('takes generic where there is only one', () => {
    const one = { ...SITE, pools: SITE.pools.filter((offer) => offer.name !== 'arm-generic') };
    expect(builds('bot: build arch=generic', one)).toEqual(['x86_64/generic 2025.06 generic']);
  });

  it('tells operating systems apart', () => {
    const mac = { ...SITE, pools: [...SITE.pools, pool('mac', 'aarch64/m1', { os: 'macos' })] };
    expect(builds('bot: build arch=macos/aarch64/m1', mac)).toEqual(['macos/aarch64/m1 2025.06 mac']);
    expect(builds('bot: build arch=m1', mac)).toEqual(['macos/aarch64/m1 2025.06 mac']);
  });
});

describe('repositories', () => {
  it.each([
    ['arch=skylake_avx512 repo:2023.06', ['x86_64/intel/skylake_avx512 2023.06 skylake']],
    ['arch=avx512 repo:eessi.io-2025.06-software', ['x86_64/intel/skylake_avx512 2025.06 skylake']],
    [
      'arch=avx512 repo:2023.06,2025.06',
      ['x86_64/intel/skylake_avx512 2023.06 skylake', 'x86_64/intel/skylake_avx512 2025.06 skylake'],
    ],
    [
      'arch=avx512 repo:all',
      ['x86_64/intel/skylake_avx512 2023.06 skylake', 'x86_64/intel/skylake_avx512 2025.06 skylake'],
    ],
    ['arch=all repo:2023.06', ['x86_64/intel/skylake_avx512 2023.06 skylake']],
    ['arch=zen2 repo:eessi.io-*', ['x86_64/amd/zen2 2025.06 zen2,zen2-spare']],
  ])('build %s', (filters, expected) => {
    expect(builds(`bot: build ${filters}`)).toEqual(expected);
  });

  it.each([
    [
      'arch=avx512',
      [
        'no-repository',
        'build',
        'it does not say which repository to build for',
        'add repo:eessi.io-2023.06-software',
      ],
    ],
    [
      'arch=all',
      [
        'no-repository',
        'build',
        'it does not say which repository to build for',
        'add repo:eessi.io-2023.06-software',
      ],
    ],
    [
      'arch=zen2 repo:2023.06',
      ['not-offered', '2023.06', 'x86_64/amd/zen2 is not built for eessi.io-2023.06-software here', null],
    ],
    [
      'arch=zen* repo:2023.06',
      ['not-offered', '2023.06', 'none of these targets is built for 2023.06 here', null],
    ],
    [
      'arch=zen2 repo:2025.07',
      ['unknown-repository', '2025.07', 'no repository here matches 2025.07', 'did you mean 2025.06?'],
    ],
    [
      'arch=zen2 repo:software.eessi.io',
      ['ambiguous-repository', 'software.eessi.io', 'software.eessi.io can mean several repositories', null],
    ],
  ])('build %s: %j', (filters, expected) => {
    expect(wrong(`bot: build ${filters}`)).toEqual([expected]);
  });

  it('chooses the first pool that offers the repository', () => {
    const [first] = SITE.repositories;
    const spare = pool('zen2-old', 'x86_64/amd/zen2', { repositories: [first?.id ?? ''] });
    const site = { ...SITE, pools: [...SITE.pools, spare] };
    expect(builds('bot: build arch=zen2 repo:2023.06', site)).toEqual(['x86_64/amd/zen2 2023.06 zen2-old']);
    expect(wrong('bot: build arch=zen2', site)[0]?.[0]).toBe('no-repository');
  });

  it('says so where a pool has none', () => {
    const site = { ...SITE, pools: [pool('bare', 'x86_64/amd/zen5', { repositories: ['gone'] })] };
    expect(wrong('bot: build arch=zen5', site)).toEqual([
      ['not-offered', 'build', 'there is no repository here to build x86_64/amd/zen5 for', null],
    ]);
  });
});

describe('exports', () => {
  it('go to every build of their command, sorted', () => {
    const planned = plan(
      'bot: build arch=zen2,n1 export:SKIP_TESTS=yes export:EASYBUILD_TRACE=1\nbot: build arch=v1',
    );
    expect(planned).toMatchObject({
      builds: [
        { pools: ['zen2', 'zen2-spare'], exports: { EASYBUILD_TRACE: '1', SKIP_TESTS: 'yes' } },
        { pools: ['n1'], exports: { EASYBUILD_TRACE: '1', SKIP_TESTS: 'yes' } },
        { pools: ['v1'], exports: {} },
      ],
    });
  });

  it('must be allowed by the site', () => {
    expect(mistakes('bot: build arch=zen2 export:SKIP_TEST=yes')).toMatchObject([
      {
        code: 'not-exportable',
        column: 29,
        length: 9,
        hint: 'did you mean SKIP_TESTS?',
        choices: ['SKIP_TESTS', 'EASYBUILD_TRACE'],
      },
    ]);
    expect(wrong('bot: build arch=zen2 export:__proto__=x', { ...SITE, exportable: [] })).toEqual([
      ['not-exportable', '__proto__', 'no variables may be set here', null],
    ]);
  });
});

describe('several commands', () => {
  it('make each build once, in the order asked for', () => {
    const body =
      'bot: build arch=n1\nbot: build for:arch=aarch64/neoverse_*\nbot: build arch=n1 repo:2025.06';
    expect(builds(body)).toEqual(['aarch64/neoverse_n1 2025.06 n1', 'aarch64/neoverse_v1 2025.06 v1']);
  });

  it('may not ask for one build in two ways', () => {
    expect(wrong('bot: build arch=n1\nbot: build arch=n1 export:SKIP_TESTS=yes')).toEqual([
      [
        'contradiction',
        'build',
        'aarch64/neoverse_n1 for eessi.io-2025.06-software is asked for twice, on other nodes or with other variables',
        null,
      ],
    ]);
  });

  it('start nothing when one is wrong, and report on each', () => {
    expect(
      mistakes('bot: build arch=n1\nbot: build arch=zenn2,n2\nbot: build').map(({ line, code }) => [
        line,
        code,
      ]),
    ).toEqual([
      [2, 'unknown-target'],
      [2, 'unknown-target'],
      [3, 'no-target'],
    ]);
  });
});

describe('instances', () => {
  it('drops what is for another, and is silent when that is all', () => {
    expect(builds('bot: build arch=zenn2 inst:other\nbot: build arch=n1 inst:site')).toHaveLength(1);
    expect(plan('bot: build arch=zenn2 inst:other')).toEqual({ kind: 'not-meant' });
  });
});
