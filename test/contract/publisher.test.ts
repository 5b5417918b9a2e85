import { lstat, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { directoryPublisher } from '../../src/ingest/directory-publisher.ts';
import type { SpooledArtifact } from '../../src/ports.ts';
import { type DirectoryBench, startDirectoryBench } from '../harness/directory-bench.ts';
import { silent } from '../harness/log.ts';
import { deploy, module2, repository, zen2, zen2Name, zen3, zen3Name } from '../harness/spooled.ts';
import { compress, type MemberSpec, sha256, softwareMembers, tar } from '../harness/tarballs.ts';

let bench: DirectoryBench;
beforeEach(async () => {
  bench = await startDirectoryBench();
});
afterEach(() => bench.close());

describe('directoryPublisher', () => {
  it('shows all artifacts of a deploy in one revision', async () => {
    const files = [
      await bench.spooled(zen2Name, softwareMembers(zen2)),
      await bench.spooled(zen3Name, softwareMembers(zen3)),
    ];
    const publication = await bench.publisher().publish(deploy(12, ...files));
    expect(publication).toEqual({ revision: 1, files: 6, path: join(bench.root, repository) });
    expect(await readlink(join(bench.root, repository))).toBe(`.stratobot/${repository}/1`);
    for (const cpu of ['zen2', 'zen3']) {
      const base = `versions/2023.06/software/linux/x86_64/amd/${cpu}`;
      expect(await bench.shown(`${base}/modules/bio/GROMACS/2024.4-foss-2023b.lua`)).toContain('GROMACS');
      const bin = join(bench.root, repository, base, 'software/GROMACS/2024.4-foss-2023b/bin');
      expect((await stat(join(bin, 'gmx'))).ino).toBe((await stat(join(bin, 'gmx_mpi'))).ino);
      expect((await stat(join(bin, 'gmx'))).mode & 0o111).not.toBe(0);
    }
    expect(JSON.parse(await bench.shown('.stratobot.json'))).toEqual({
      revision: 1,
      base: 0,
      deploy: 12,
      digest: 'digest-12',
      approvedBy: ['carol'],
      publishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      files: 6,
    });
    expect(await bench.revisions()).toEqual(['1']);
  });

  it('adds to what is there, and leaves older revisions as they were', async () => {
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, softwareMembers(zen2))));
    const changed = await bench.spooled(zen2Name, [
      { path: `${zen2}/modules/all/GROMACS/2024.4-foss-2023b.lua`, content: 'rebuilt' },
      { path: `${zen2}/software/new/1/a`, content: 'new' },
    ]);
    expect(await bench.publisher().publish(deploy(2, changed))).toMatchObject({ revision: 2, files: 2 });
    expect(await bench.shown(module2)).toBe('rebuilt');
    expect(await bench.shown(`versions/${zen2}/software/new/1/a`)).toBe('new');
    expect(await readFile(join(bench.area(), '1', module2), 'utf8')).toContain('help(');
    expect(JSON.parse(await readFile(join(bench.area(), '1', '.stratobot.json'), 'utf8'))).toMatchObject({
      deploy: 1,
    });

    const unchanged = `versions/${zen2}/reprod/GROMACS/2024.4-foss-2023b/easybuild/GROMACS.eb`;
    const inodes = await Promise.all(
      ['1', '2'].map(async (one) => (await stat(join(bench.area(), one, unchanged))).ino),
    );
    expect(inodes[0]).toBe(inodes[1]);
  });

  it('gives the revision of a deploy that is published, also after later ones', async () => {
    const first = deploy(1, await bench.spooled(zen2Name, softwareMembers(zen2)));
    await bench.publisher().publish(first);
    await bench.publisher().publish(deploy(2, await bench.spooled(zen3Name, softwareMembers(zen3))));
    expect(await bench.publisher().publish(first)).toMatchObject({ revision: 1, files: 3 });
    expect(await readlink(join(bench.root, repository))).toBe(`.stratobot/${repository}/2`);
    expect(await bench.revisions()).toEqual(['1', '2']);
  });

  it('builds on the revision that is shown, so that going back is undone by nobody', async () => {
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, softwareMembers(zen2))));
    await bench.publisher().publish(deploy(2, await bench.spooled(zen3Name, softwareMembers(zen3))));
    await rm(join(bench.root, repository));
    await symlink(`.stratobot/${repository}/1`, join(bench.root, repository));
    const third = await bench.spooled(zen2Name, [{ path: `${zen2}/third`, content: '3' }]);
    expect(await bench.publisher().publish(deploy(3, third))).toMatchObject({ revision: 3 });
    expect(await bench.shown(`versions/${zen2}/third`)).toBe('3');
    expect(await readdir(join(bench.root, repository, 'versions/2023.06/software/linux/x86_64/amd'))).toEqual(
      ['zen2'],
    );
  });

  it('puts a development project into its own place', async () => {
    const name = 'eessi-2023.06-software-linux-x86_64-amd-zen2-espresso-1687955624.tar.gz';
    await bench.publisher().publish(deploy(1, await bench.spooled(name, softwareMembers(zen2))));
    expect(await bench.shown(`espresso/${module2}`)).toContain('GROMACS');
  });

  it('can add below directories that a tarball made read-only', async () => {
    const closed = (path: string): MemberSpec => ({ path, mode: 0o555 });
    const first = [
      closed(`${zen2}/`),
      closed(`${zen2}/a/`),
      { path: `${zen2}/a/b`, content: 'x', mode: 0o444 },
    ];
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, first)));
    const second = [closed(`${zen2}/a/`), { path: `${zen2}/a/c`, content: 'y' }];
    await bench.publisher().publish(deploy(2, await bench.spooled(zen2Name, second)));
    expect((await readdir(join(bench.root, repository, 'versions', zen2, 'a'))).sort()).toEqual(['b', 'c']);
  });

  it.each<[string, MemberSpec[], MemberSpec[]]>([
    [
      'a file where a directory is',
      [{ path: `${zen2}/a/b`, content: 'x' }],
      [{ path: `${zen2}/a`, content: 'y' }],
    ],
    [
      'a directory where a file is',
      [{ path: `${zen2}/a`, content: 'x' }],
      [{ path: `${zen2}/a/b`, content: 'y' }],
    ],
  ])('does not replace %s', async (_what, before, after) => {
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, before)));
    const second = deploy(2, await bench.spooled(zen2Name, after));
    await expect(bench.publisher().publish(second)).rejects.toThrow(Permanent);
    expect(await readlink(join(bench.root, repository))).toBe(`.stratobot/${repository}/1`);
    expect(await bench.revisions()).toEqual(['1']);
  });

  it('writes through no symlink of an earlier deploy', async () => {
    const outside = join(bench.folder, 'outside');
    await mkdir(outside);
    await bench.publisher().publish(
      deploy(
        1,
        await bench.spooled(zen2Name, [
          { path: `${zen2}/first`, content: '1' },
          { path: `${zen2}/out`, flag: '2', link: outside },
        ]),
      ),
    );
    const second = deploy(2, await bench.spooled(zen2Name, [{ path: `${zen2}/out/file`, content: 'x' }]));
    await expect(bench.publisher().publish(second)).rejects.toThrow(Permanent);
    expect(await readdir(outside)).toEqual([]);
  });

  it.each<[string, (file: SpooledArtifact) => Promise<SpooledArtifact>]>([
    [
      'was changed',
      async (file) => {
        await writeFile(file.path, compress(tar([{ path: `${zen2}/evil`, content: 'x' }]), 'gz'));
        return file;
      },
    ],
    [
      'was cut off between two members',
      async (file) => {
        const bytes = compress(tar(softwareMembers(zen2), Buffer.alloc(0)), 'gz');
        await writeFile(file.path, bytes);
        return { ...file, sha256: sha256(bytes) };
      },
    ],
    [
      'was cut off',
      async (file) => {
        const bytes = (await readFile(file.path)).subarray(0, -9);
        await writeFile(file.path, bytes);
        return { ...file, sha256: sha256(bytes) };
      },
    ],
  ])('publishes nothing when a file %s after it was verified', async (_what, change) => {
    const file = await change(await bench.spooled(zen2Name, softwareMembers(zen2)));
    await expect(bench.publisher().publish(deploy(1, file))).rejects.toThrow(Permanent);
    await expect(lstat(join(bench.root, repository))).rejects.toThrow('ENOENT');
    expect(await bench.revisions()).toEqual([]);
  });

  it('lets nobody else publish at the same time', async () => {
    const file = await bench.spooled(zen2Name, softwareMembers(zen2));
    await mkdir(bench.area(), { recursive: true });
    await symlink('deploy-99', join(bench.area(), 'lock'));
    const refused = bench.publisher().publish(deploy(1, file));
    await expect(refused).rejects.toThrow(Retryable);
    await expect(refused).rejects.toThrow(/^deploy-99 is publishing\. If it is not, remove .*\/lock\.$/);
    await rm(join(bench.area(), 'lock'));

    const both = await Promise.allSettled([
      bench.publisher().publish(deploy(1, file)),
      bench.publisher().publish(deploy(2, file)),
    ]);
    const failed = both.filter((one) => one.status === 'rejected');
    for (const one of failed) expect(one.reason).toBeInstanceOf(Retryable);
    expect(await bench.revisions()).toEqual(failed.length === 0 ? ['1', '2'] : ['1']);
  });

  it('takes a deploy back with one more revision, once', async () => {
    const first = await bench.spooled(zen2Name, softwareMembers(zen2));
    const second = await bench.spooled(zen3Name, softwareMembers(zen3));
    await bench.publisher().publish(deploy(1, first));
    await bench.publisher().publish(deploy(2, second));
    const one = { id: 1, repository };
    const two = { id: 2, repository };
    await expect(bench.publisher().wayBack(one)).rejects.toThrow(/going back would undo more/);
    await expect(bench.publisher().wayBack({ id: 3, repository })).rejects.toThrow(/not published/);
    const way = await bench.publisher().wayBack(two);
    expect(way).toEqual({ from: 2, to: 1 });
    await expect(bench.publisher().rollback({ ...two, from: 2, to: 0 })).rejects.toThrow(/was confirmed/);
    expect(await bench.publisher().rollback({ ...two, ...way })).toEqual({ revision: 3 });
    expect(await bench.publisher().rollback({ ...two, ...way })).toEqual({ revision: 3 });
    expect(await bench.revisions()).toEqual(['1', '2', '3']);
    expect((await lstat(join(bench.root, repository, `versions/${zen2}`))).isDirectory()).toBe(true);
    await expect(lstat(join(bench.root, repository, `versions/${zen3}`))).rejects.toThrow('ENOENT');
    await bench.publisher().publish(deploy(2, second));
    expect(await readlink(join(bench.root, repository))).toBe(`.stratobot/${repository}/3`);
  });

  it('shows nothing again where nothing was before', async () => {
    await bench.publisher().publish(deploy(1, await bench.spooled(zen2Name, softwareMembers(zen2))));
    const way = await bench.publisher().wayBack({ id: 1, repository });
    expect(await bench.publisher().rollback({ id: 1, repository, ...way })).toEqual({ revision: 2 });
    expect(await readdir(join(bench.root, repository))).toEqual(['.stratobot.json']);
  });

  it('does not touch a directory that it did not make', async () => {
    await mkdir(join(bench.root, repository), { recursive: true });
    await writeFile(join(bench.root, repository, 'precious'), 'x');
    const file = await bench.spooled(zen2Name, softwareMembers(zen2));
    await expect(bench.publisher().publish(deploy(1, file))).rejects.toThrow('is not a symlink');
    expect(await bench.shown('precious')).toBe('x');
  });

  it.each(['..', '../x', '.stratobot', 'a/b', '-x', ''])('refuses the repository %j', async (bad) => {
    const file = await bench.spooled(zen2Name, softwareMembers(zen2));
    await expect(bench.publisher().publish({ ...deploy(1, file), repository: bad })).rejects.toThrow(
      Permanent,
    );
  });

  it('refuses a root that is not absolute', () => {
    expect(() => directoryPublisher({ root: 'relative', transport: bench.transport, log: silent })).toThrow(
      Permanent,
    );
  });
});
