import { expect, test } from 'vitest';
import { softwareOf } from '../../src/domain/easystack.ts';
import { MOST_LISTED, softwareChanges } from '../../src/domain/software-changes.ts';

test.each([
  ['foss-2024a.eb', 'foss', '2024a', null, ''],
  ['EasyBuild-5.1.2.eb', 'EasyBuild', '5.1.2', null, ''],
  ['Boost.Python-NumPy-1.83.0-gfbf-2023b.eb', 'Boost.Python-NumPy', '1.83.0', 'gfbf-2023b', ''],
  ['UCX-CUDA-1.19.0-GCCcore-14.3.0-CUDA-12.9.1.eb', 'UCX-CUDA', '1.19.0', 'GCCcore-14.3.0', 'CUDA-12.9.1'],
  ['OpenFOAM-v2312-foss-2023a.eb', 'OpenFOAM', 'v2312', 'foss-2023a', ''],
  ['LAMMPS-2Aug2023_update2-foss-2023a-kokkos.eb', 'LAMMPS', '2Aug2023_update2', 'foss-2023a', 'kokkos'],
  ['FlexiBLAS-3.4.5-llvm-compilers-20.1.8.eb', 'FlexiBLAS', '3.4.5', 'llvm-compilers-20.1.8', ''],
  ['BWA-0.7.17-20220923-GCCcore-12.3.0.eb', 'BWA', '0.7.17-20220923', 'GCCcore-12.3.0', ''],
  ['EESSI-extend-2023.06-easybuild.eb', 'EESSI-extend', '2023.06', null, 'easybuild'],
  ['GST-plugins-bad-1.26.6-GCCcore-14.3.0.eb', 'GST-plugins-bad', '1.26.6', 'GCCcore-14.3.0', ''],
  ['plain.eb', 'plain', '', null, ''],
  ['a-1-GCC.eb', 'a', '1', null, 'GCC'],
])('%s', (easyconfig, name, version, toolchain, suffix) => {
  expect(softwareOf(easyconfig)).toEqual({ name, version, toolchain, suffix });
});

const of = (...names: (string | [string, Record<string, string>])[]) =>
  names.map((one, index) => {
    const [name, options] = typeof one === 'string' ? [one, {}] : one;
    return { name: `${name}.eb`, options, line: index + 2 };
  });
const none = { added: [], changed: [], removed: [], rebuilt: [], more: 0 };

test('what is added, changed, removed', () => {
  const before = of('kept-1', 'gone-1', ['pinned-1', { 'from-pr': '1' }], 'tool-1.0-foss-2024a');
  const after = of('kept-1', ['pinned-1', { 'from-pr': '2' }], 'tool-1.1-foss-2024a', 'new-1', 'Another-1');
  expect(softwareChanges([{ path: 'a.yml', before, after }])).toEqual({
    added: ['Another-1', 'new-1'],
    changed: [
      { from: null, to: 'pinned-1' },
      { from: 'tool-1.0-foss-2024a', to: 'tool-1.1-foss-2024a' },
    ],
    removed: ['gone-1'],
    rebuilt: [],
    more: 0,
  });
});

test('a line that only moved is no change, in its file or to another', () => {
  const [a, b] = [of('a-1'), of('a-1', 'b-1')];
  expect(softwareChanges([{ path: 'x.yml', before: b, after: of('b-1', 'a-1') }])).toEqual(none);
  expect(
    softwareChanges([
      { path: 'x.yml', before: a, after: [] },
      { path: 'y.yml', before: [], after: a },
    ]),
  ).toEqual(none);
});

test('an easystack of rebuilds replaces what is published, whatever else names it', () => {
  const path = 'easystacks/software.eessi.io/2025.06/rebuilds/20260220-eb-5.2.0-tool.yml';
  expect(softwareChanges([{ path, before: [], after: of('tool-1.0') }])).toEqual({
    ...none,
    rebuilt: ['tool-1.0'],
  });
});

test('two versions for one are an addition', () => {
  const after = of('tool-1.1-foss-2024a', 'tool-1.2-foss-2024a');
  expect(softwareChanges([{ path: 'a.yml', before: of('tool-1.0-foss-2024a'), after }])).toEqual({
    ...none,
    added: ['tool-1.1-foss-2024a', 'tool-1.2-foss-2024a'],
    removed: ['tool-1.0-foss-2024a'],
  });
});

test('a name that stands twice counts once, and long lists are cut', () => {
  const many = Array.from({ length: MOST_LISTED + 50 }, (_, index) => `a${index}-1`);
  const changes = softwareChanges([{ path: 'a.yml', before: [], after: of(...many, 'a0-1') }]);
  expect([changes.added.length, changes.more]).toEqual([MOST_LISTED, 50]);
});
