import { expect, it } from 'vitest';
import type { TarMember } from '../../src/domain/artifact.ts';
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { tarballOverview } from '../../src/domain/tarball-overview.ts';

const zen2 = '2023.06/software/linux/x86_64/amd/zen2';

function overviewOf(file: string, members: readonly (string | Partial<TarMember>)[]) {
  const name = parseArtifactName(file);
  if ('problem' in name) throw new Error(name.problem);
  const overview = tarballOverview(name);
  for (const spec of members) {
    const path = typeof spec === 'string' ? spec : '';
    const type = path.endsWith('/') ? 'directory' : 'file';
    const plain = { path, type, bytes: type === 'file' ? 10 : 0, mode: 0o644, link: null } as const;
    overview.member(typeof spec === 'string' ? plain : { ...plain, ...spec });
  }
  return overview.result();
}

it('says what a software tarball brings', () => {
  const overview = overviewOf('eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz', [
    `${zen2}/`,
    `${zen2}/modules/all/GROMACS/2024.4-foss-2023b.lua`,
    `${zen2}/modules/all/FFTW/3.3.10-GCC-13.2.0.lua`,
    `${zen2}/modules/all/FFTW/readme.txt`,
    { path: `${zen2}/modules/bio/GROMACS/2024.4-foss-2023b.lua`, type: 'symlink', bytes: 0, link: 'x' },
    `${zen2}/software/GROMACS/`,
    `${zen2}/software/GROMACS/2024.4-foss-2023b/`,
    { path: `${zen2}/software/GROMACS/2024.4-foss-2023b/bin/gmx`, type: 'file', bytes: 5000 },
    `${zen2}/software/FFTW/3.3.10-GCC-13.2.0/lib/libfftw3.so`,
    `${zen2}/software/README`,
    `${zen2}/reprod/GROMACS/2024.4-foss-2023b/easybuild/GROMACS.eb`,
    '2023.06/init/bash',
  ]);
  expect(overview).toEqual({
    files: 8,
    directories: 3,
    links: 1,
    contentBytes: 5070,
    modules: ['FFTW/3.3.10-GCC-13.2.0', 'GROMACS/2024.4-foss-2023b'],
    software: ['FFTW/3.3.10-GCC-13.2.0', 'GROMACS/2024.4-foss-2023b'],
    reprod: ['GROMACS/2024.4-foss-2023b'],
    outside: { count: 1, first: ['2023.06/init/bash'] },
    largest: [
      { path: `${zen2}/software/GROMACS/2024.4-foss-2023b/bin/gmx`, bytes: 5000 },
      { path: `${zen2}/modules/all/GROMACS/2024.4-foss-2023b.lua`, bytes: 10 },
      { path: `${zen2}/modules/all/FFTW/3.3.10-GCC-13.2.0.lua`, bytes: 10 },
      { path: `${zen2}/modules/all/FFTW/readme.txt`, bytes: 10 },
      { path: `${zen2}/software/FFTW/3.3.10-GCC-13.2.0/lib/libfftw3.so`, bytes: 10 },
    ],
  });
});

it('sees modules of an accelerator, and those beside it as outside', () => {
  const overview = overviewOf(
    'eessi-2023.06-software-linux-x86_64-amd-zen2-accel-nvidia-cc80-1687955624.tar.gz',
    [`${zen2}/accel/nvidia/cc80/modules/all/CUDA/12.1.1.lua`, `${zen2}/modules/all/hwloc/2.9.lua`],
  );
  expect(overview.modules).toEqual(['CUDA/12.1.1', 'hwloc/2.9']);
  expect(overview.outside).toEqual({ count: 1, first: [`${zen2}/modules/all/hwloc/2.9.lua`] });
});

it('shows a version with a suffix as outside of what the name promises', () => {
  const path = '2023.06-fix/software/linux/x86_64/amd/zen2/modules/all/A/1.lua';
  const overview = overviewOf('eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz', [path]);
  expect(overview).toMatchObject({ modules: ['A/1'], outside: { count: 1, first: [path] } });
});

it('stays small for a tarball with more names than anybody reads', () => {
  const members = Array.from({ length: 6_000 }, (_, index) => `${zen2}/modules/all/M${index}/1.lua`);
  const more = Array.from({ length: 30 }, (_, index) => `2023.06/init/${index}`);
  const overview = overviewOf('eessi-2023.06-software-linux-x86_64-amd-zen2-1687955624.tar.gz', [
    ...members,
    ...more,
  ]);
  expect(overview).toMatchObject({ files: 6_030, outside: { count: 30 } });
  expect(overview.modules).toHaveLength(5_000);
  expect(overview.outside.first).toHaveLength(20);
});
