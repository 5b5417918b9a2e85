import { expect, test } from 'vitest';
import {
  clashRemedy,
  clashWords,
  type Meeting,
  misfit,
  repositoryPolicy,
} from '../../src/domain/repository-policy.ts';

const file = '2025.06/software/linux/x86_64/amd/zen2/a';
const layer = '2025.06/compat/linux/x86_64';

function judge(meetings: Partial<Meeting>[], options: { rebuild?: boolean; layersAside?: boolean } = {}) {
  const policy = repositoryPolicy({ rebuild: false, layersAside: false, ...options });
  for (const meeting of meetings) {
    policy.meet({ path: file, wanted: 'file', found: 'nothing', same: false, layer: false, ...meeting });
  }
  return policy.end();
}

const rulesOf = (meeting: Partial<Meeting>, options: Parameters<typeof judge>[1] = {}) =>
  judge([meeting], options).clashes.map(({ rule }) => rule);

test.each<[string, Partial<Meeting>, string[], string[]]>([
  ['a new file', {}, [], []],
  ['a new directory', { wanted: 'directory' }, [], []],
  ['a directory that is there', { wanted: 'directory', found: 'directory' }, [], []],
  ['the same file', { found: 'file', same: true }, [], []],
  ['the same link', { wanted: 'link', found: 'link', same: true }, [], []],
  ['another file', { found: 'file' }, ['overwrites'], []],
  ['a link where a file is', { wanted: 'link', found: 'file' }, ['overwrites'], []],
  ['a file where a device is', { found: 'other' }, ['overwrites'], []],
  ['a file where a directory is', { found: 'directory' }, ['file-over-directory'], ['file-over-directory']],
  [
    'a link where a directory is',
    { wanted: 'link', found: 'directory' },
    ['file-over-directory'],
    ['file-over-directory'],
  ],
  [
    'a directory where a file is',
    { wanted: 'directory', found: 'file' },
    ['directory-over-file'],
    ['directory-over-file'],
  ],
  [
    'a directory where a link is',
    { wanted: 'directory', found: 'link' },
    ['directory-over-file'],
    ['directory-over-file'],
  ],
  ['software over a layer', { path: `${layer}/bin/sh`, found: 'file' }, ['compat'], ['compat']],
])('%s', (_what, meeting, rules, inRebuild) => {
  expect(rulesOf(meeting)).toEqual(rules);
  expect(rulesOf(meeting, { rebuild: true })).toEqual(inRebuild);
});

test('a compatibility layer makes room for the next as a whole', () => {
  const meetings: Partial<Meeting>[] = [
    { path: layer, wanted: 'directory', found: 'directory', layer: true },
    { path: `${layer}/lib`, wanted: 'link', found: 'directory', layer: true },
    { path: `${layer}/bin`, wanted: 'directory', found: 'link', layer: true },
    { path: `${layer}/bin/sh`, found: 'nothing', layer: true },
  ];
  expect(judge(meetings, { layersAside: true })).toEqual({
    added: 1,
    identical: 0,
    replaced: { count: 2, first: [`${layer}/lib`, `${layer}/bin`] },
    layers: [layer],
    clashes: [],
  });
  expect(judge(meetings).clashes.map(({ rule }) => rule)).toEqual([
    'file-over-directory',
    'directory-over-file',
  ]);
});

test('what comes with a layer and is not in one gets no more than other files', () => {
  const beside: Partial<Meeting> = { path: '2025.06/init/bash', found: 'directory', layer: true };
  expect(rulesOf(beside, { layersAside: true })).toEqual(['file-over-directory']);
});

test('counts all, names the first, and says what to do', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => ({
    path: `${file}/${index}`,
    found: 'file' as const,
  }));
  const differences = judge([...many, {}, { path: 'same', found: 'file', same: true }]);
  expect(differences).toMatchObject({ added: 1, identical: 1, replaced: { count: 2_000 } });
  expect(differences.replaced.first).toHaveLength(1_000);
  const [clash] = differences.clashes;
  if (clash === undefined) throw new Error('there is no clash');
  expect(clashWords({ ...clash, first: ['a`b', 'c\u0007d'] })).toMatchInlineSnapshot(
    `"\`a'b\`, \`c\\u{7}d\` and 1,998 more are there already with another content"`,
  );
  expect(clashRemedy(clash)).toMatchInlineSnapshot(
    `"\`bot: deploy rebuild\` puts the same builds up to replace what is there, and tells the reviewers."`,
  );
  expect(misfit('software.eessi.io', differences)).toMatchInlineSnapshot(
    `"it does not fit what \`software.eessi.io\` has already: \`2025.06/software/linux/x86_64/amd/zen2/a/0\`, \`2025.06/software/linux/x86_64/amd/zen2/a/1\`, \`2025.06/software/linux/x86_64/amd/zen2/a/2\` and 1,997 more are there already with another content"`,
  );
  expect(misfit('software.eessi.io', judge([{}]))).toBeNull();
});
