import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, surveyOf } from '../../src/ingest/cvmfs/survey.ts';
import type { TarballFile } from '../../src/tarball/pieces.ts';
import { compress, type MemberSpec, sha256, tar } from '../harness/tarballs.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stratobot-survey-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function tarball(members: readonly MemberSpec[]): TarballFile {
  const path = join(folder, `${made++}.tar.gz`);
  const compressed = compress(tar(members), 'gz');
  writeFileSync(path, compressed);
  return { path, compression: 'gz', sha256: sha256(compressed) };
}

async function look(...files: TarballFile[]) {
  const survey = surveyOf(files);
  const places: Place[] = [];
  for await (const place of survey.places()) places.push(place);
  return { places, ...(await survey.contents()) };
}

describe('surveyOf', () => {
  it('lists every place once, and the directories that members only need', async () => {
    const { places, files } = await look(
      tarball([
        { path: 'v/' },
        { path: 'v/a/b/file', content: 'x' },
        { path: 'v/link', flag: '2', link: 'a' },
      ]),
      tarball([{ path: 'v/' }, { path: 'v/a/hard', content: 'y' }]),
    );
    expect(places.map(({ path, kind }) => ({ path, kind }))).toEqual([
      { path: 'v', kind: 'directory' },
      { path: 'v/a', kind: 'directory' },
      { path: 'v/a/b', kind: 'directory' },
      { path: 'v/a/b/file', kind: 'file' },
      { path: 'v/link', kind: 'link' },
      { path: 'v/a/hard', kind: 'file' },
    ]);
    expect(files).toBe(2);
  });

  it('takes the digests of files 1, 2, 4 … of each tarball, whatever their size', async () => {
    const sizes = [0, 1, 511, 512, 513, 300_000, 7, 40_000];
    const members = sizes.map((size, index) => ({
      path: `v/${index}`,
      content: Buffer.alloc(size, index + 1),
    }));
    const { sample } = await look(tarball(members), tarball([{ path: 'v/x', content: 'other' }]));
    expect(sample).toEqual([
      ...[0, 1, 3, 7].map((index) => ({
        path: `v/${index}`,
        sha256: sha256(members[index]?.content ?? ''),
      })),
      { path: 'v/x', sha256: sha256('other') },
    ]);
  });

  it('finds what is there twice and the same', async () => {
    const shared: MemberSpec[] = [
      { path: 'v/init/a', content: 'x'.repeat(3000) },
      { path: 'v/init/b', flag: '1', link: 'v/init/a' },
      { path: 'v/init/c', flag: '2', link: 'a' },
    ];
    const { repeated } = await look(
      tarball([{ path: 'v/1' }, ...shared]),
      tarball([...shared, { path: 'v/2' }]),
    );
    expect([...repeated].sort()).toEqual(['v/init/a', 'v/init/b', 'v/init/c']);
  });

  it.each<[string, MemberSpec, MemberSpec, RegExp]>([
    ['content', { path: 'v/a', content: 'x' }, { path: 'v/a', content: 'y' }, /not with the same content/],
    ['length', { path: 'v/a', content: 'x' }, { path: 'v/a', content: '' }, /not with the same content/],
    [
      'link',
      { path: 'v/a', flag: '2', link: 'b' },
      { path: 'v/a', flag: '2', link: 'c' },
      /not with the same/,
    ],
    [
      'kind',
      { path: 'v/a', content: 'x' },
      { path: 'v/a', flag: '2', link: 'c' },
      /not with the same content/,
    ],
    ['a file, then a directory', { path: 'v/a' }, { path: 'v/a/' }, /do not fit together: v\/a/],
    ['a directory, then a file', { path: 'v/a/b' }, { path: 'v/a' }, /do not fit together: v\/a/],
    ['a way through a link', { path: 'v/a', flag: '2', link: '/etc' }, { path: 'v/a/b' }, /v\/a\/b and v\/a/],
  ])('refuses another %s', async (_what, one, other, sentence) => {
    await expect(look(tarball([one]), tarball([other]))).rejects.toThrow(sentence);
  });

  it.each(['../out', 'v/../../out', '/etc/passwd', './v', 'v//a'])('refuses %s', async (path) => {
    await expect(look(tarball([{ path, content: 'x' }]))).rejects.toThrow(/no path below the base/);
  });
});
