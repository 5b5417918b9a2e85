import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Permanent } from '../../src/domain/errors.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import {
  type CvmfsBench,
  cvmfsBench,
  cvmfsDeploy,
  dyingAfter,
  software,
} from '../harness/cvmfs-server/bench.ts';
import { silent } from '../harness/log.ts';
import { newKey, startSshNode } from '../harness/ssh-node.ts';
import { tar } from '../harness/tarballs.ts';

// Each test starts some dozens of processes, which on a busy machine wait their turn.
vi.setConfig({ testTimeout: 120_000 });

let bench: CvmfsBench;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

const read = (path: string) => readFileSync(join(bench.cvmfs.mount, path), 'utf8');
const eight = (id = 7) =>
  cvmfsDeploy(bench.cvmfs, id, {
    ...software('x86_64/amd/zen2', 'GROMACS'),
    ...software('x86_64/amd/zen3', 'GROMACS'),
    ...software('aarch64/neoverse_n1', 'GROMACS'),
  });
/** Puts something into the repository as an administrator would. */
const admin = (members: Parameters<typeof tar>[0], base = 'versions') =>
  bench.cvmfs.run(['ingest', '-t', '-', '-b', base, bench.cvmfs.name], tar(members));
const cpus = ['x86_64/amd/zen2', 'x86_64/amd/zen3', 'aarch64/neoverse_n1'];

describe('publishing into CernVM-FS', () => {
  it('brings all tarballs in one ingest and one transaction, tagged', async () => {
    const publication = await bench.publisher().publish(eight());
    expect(publication).toEqual({
      revision: 3,
      files: 6,
      path: bench.cvmfs.mount,
      rootHash: bench.cvmfs.repository.tagOf('', 3, '').hash,
    });
    for (const cpu of cpus) {
      expect(read(`versions/2025.06/software/linux/${cpu}/software/GROMACS/1.0/bin/run`)).toBe(
        `GROMACS for ${cpu}`,
      );
    }
    expect(bench.cvmfs.state().tags.at(-1)).toMatchObject({
      name: 'stratobot-7',
      revision: 3,
      description: expect.stringMatching(/^6 files, digest [0-9a-f]{64}, before generic-\S+$/),
    });
    expect((await bench.cvmfs.run(['list'])).stdout).toBe('software.eessi.io (stratum0 / local)\n');
    expect(readdirSync(join(bench.stateDir, bench.cvmfs.name))).toEqual([]);
  });

  it('does all of it over SSH', async () => {
    const key = newKey();
    const node = await startSshNode({ root: bench.cvmfs.root, authorizedKey: key.public });
    const transport = sshTransport({ ...node, identity: { privateKey: key.private }, log: silent });
    try {
      expect(await bench.publisher({ transport }).publish(eight())).toMatchObject({ revision: 3, files: 6 });
    } finally {
      await transport.close();
      await node.close();
    }
  });

  it('gives the revision of a deploy that is published already', async () => {
    // The hash is read from what the web server shows, which is a later revision the second time.
    const { rootHash: _, ...first } = await bench.publisher().publish(eight());
    await admin([{ path: 'other', content: 'x' }]);
    expect(await bench.publisher().publish(eight())).toEqual(first);
    expect(bench.cvmfs.state().revision).toBe(4);
  });

  it('does not take another deploy of the same number for its own', async () => {
    await bench.publisher().publish(eight());
    const other = cvmfsDeploy(bench.cvmfs, 7, software('x86_64/amd/zen2', 'LAMMPS'));
    await expect(bench.publisher().publish(other)).rejects.toThrow(/of another deploy/);
    expect(bench.cvmfs.state().revision).toBe(3);
  });

  it('gives nested catalogs to what it brought', async () => {
    await admin([{ path: '.cvmfsdirtab', content: '/versions/*/software/linux/*/*/*/software/*/*\n' }], '');
    await bench.publisher().publish(cvmfsDeploy(bench.cvmfs, 7, software('x86_64/amd/zen2', 'GROMACS')));
    expect(bench.cvmfs.state().catalogs).toEqual([
      'versions/2025.06/software/linux/x86_64/amd/zen2/software/GROMACS/1.0',
    ]);
  });

  it('takes a file that several tarballs have once, and refuses it when it differs', async () => {
    const shared = (content: string) => [{ path: '2025.06/init/bash', content }];
    const same = cvmfsDeploy(bench.cvmfs, 7, {
      ...software('x86_64/amd/zen2', 'GROMACS', shared('same')),
      ...software('x86_64/amd/zen3', 'GROMACS', shared('same')),
    });
    expect(await bench.publisher().publish(same)).toMatchObject({ revision: 3 });
    expect(read('versions/2025.06/init/bash')).toBe('same');

    const differs = cvmfsDeploy(bench.cvmfs, 8, {
      ...software('x86_64/amd/zen2', 'LAMMPS', shared('one')),
      ...software('x86_64/amd/zen3', 'LAMMPS', shared('two')),
    });
    await expect(bench.publisher().publish(differs)).rejects.toThrow(
      /2025\.06\/init\/bash, and not with the same content/,
    );
    expect(bench.cvmfs.state().revision).toBe(3);
  });

  it('refuses tarballs of which one has a file where the other has a directory', async () => {
    const clash = cvmfsDeploy(bench.cvmfs, 7, {
      ...software('x86_64/amd/zen2', 'GROMACS', [{ path: '2025.06/init/lmod/x', content: 'x' }]),
      ...software('x86_64/amd/zen3', 'GROMACS', [{ path: '2025.06/init/lmod', content: 'y' }]),
    });
    await expect(bench.publisher().publish(clash)).rejects.toThrow(/do not fit together/);
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it.each([
    ['a file on the way to the base', [{ path: 'versions', content: 'x' }], /versions is a file/],
    ['a symlink on the way', [{ path: 'versions/2025.06', flag: '2', link: '../elsewhere' }], /is a symlink/],
    [
      'a directory where the deploy has a file',
      [{ path: 'versions/2025.06/software/linux/x86_64/amd/zen2/modules/all/GROMACS/1.0.lua/x' }],
      /is a directory in the repository, and the deploy has a file/,
    ],
    [
      'a file where the deploy has a directory',
      [{ path: 'versions/2025.06/software/linux/x86_64' }],
      /is a file in the repository, and the deploy has a directory/,
    ],
  ])('refuses to publish over %s', async (_what, members, sentence) => {
    await admin(members, '');
    const publishing = bench.publisher().publish(eight());
    await expect(publishing).rejects.toThrow(sentence);
    await expect(publishing).rejects.toBeInstanceOf(Permanent);
    expect(bench.cvmfs.state()).toMatchObject({ revision: 2, corrupt: false });
  });

  it('publishes nothing of tarballs that are not what was verified', async () => {
    const deploy = eight();
    const [first] = deploy.files;
    if (first) first.sha256 = '0'.repeat(64);
    await expect(bench.publisher().publish(deploy)).rejects.toThrow(/no longer the file that was verified/);
    const cut = cvmfsDeploy(bench.cvmfs, 8, {
      'eessi-2025.06-init-17796967460.tar.gz': tar(
        [{ path: '2025.06/init/x', content: 'x' }],
        Buffer.alloc(0),
      ),
    });
    await expect(bench.publisher().publish(cut)).rejects.toThrow(/cut off after/);
    const empty = cvmfsDeploy(bench.cvmfs, 9, { 'eessi-2025.06-init-17796967460.tar.gz': [] });
    await expect(bench.publisher().publish(empty)).rejects.toThrow(/no files/);
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('publishes below the project of a development repository, one ingest for each base', async () => {
    const name = 'eessi-2025.06-software-linux-x86_64-amd-zen2-myproject-17796967460.tar.zst';
    const path = '2025.06/software/linux/x86_64/amd/zen2/software/app/1.0/run';
    const deploy = cvmfsDeploy(bench.cvmfs, 7, {
      ...software('x86_64/amd/zen2', 'GROMACS'),
      [name]: [{ path, content: 'mine' }],
    });
    expect(await bench.publisher().publish(deploy)).toMatchObject({ revision: 4, files: 3 });
    expect(read(`myproject/versions/${path}`)).toBe('mine');
  });

  it('moves a compatibility layer aside in the revision that brings the new one', async () => {
    const layer = (epoch: string, content: string) => ({
      [`eessi-2025.06-compat-linux-x86_64-${epoch}.tar.gz`]: [
        { path: '2025.06/compat/linux/x86_64/bin/sh', content, mode: 0o555 },
        { path: '2025.06/compat/linux/x86_64/lib', flag: '2', link: 'lib64' },
      ],
    });
    const compat = 'versions/2025.06/compat/linux';
    for (const [id, content] of ['first', 'second', 'third'].entries()) {
      const deploy = cvmfsDeploy(bench.cvmfs, id + 1, layer(`178197208${id}`, content));
      expect(await bench.publisher().publish(deploy)).toMatchObject({ revision: id + 2, files: 1 });
    }
    expect(readdirSync(join(bench.cvmfs.mount, compat)).sort()).toEqual([
      '.x86_64-001',
      '.x86_64-002',
      'x86_64',
    ]);
    expect(read(`${compat}/x86_64/bin/sh`)).toBe('third');
    expect(read(`${compat}/.x86_64-002/bin/sh`)).toBe('second');
  });

  it('renews caches by the configured command, inside the last transaction', async () => {
    const hook = ['sh', '-c', 'echo "$2" >"$1/versions/$2/cache"', 'sh'];
    await bench.publisher({ cacheHook: hook }).publish(eight());
    expect(read('versions/2025.06/cache')).toBe('2025.06\n');
  });

  it('waits until the web server shows the revision', async () => {
    bench.stratum0.lag(1);
    await expect(bench.publisher().publish(eight())).rejects.toThrow(/still shows an older one/);
    bench.stratum0.lag(0);
    expect(await bench.publisher().publish(eight())).toMatchObject({ revision: 3, files: 6 });
    expect(bench.cvmfs.state().revision).toBe(3);
  });

  const back = { from: 3, to: 1 };
  const eighth = () => ({ id: 7, repository: bench.cvmfs.name });

  it('goes back to what was before a deploy, once', async () => {
    await bench.publisher().publish(eight());
    expect(await bench.publisher().wayBack(eighth())).toEqual(back);
    expect(bench.cvmfs.state().revision).toBe(3);
    expect(await bench.publisher().rollback({ ...eighth(), ...back })).toEqual({ revision: 4 });
    expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
    expect(await bench.publisher().rollback({ ...eighth(), ...back })).toEqual({ revision: 4 });
    expect(bench.cvmfs.state().revision).toBe(4);
    await expect(bench.publisher().wayBack(eighth())).rejects.toThrow(/not published/);
  });

  it('goes back by no other way than the one that was confirmed', async () => {
    await bench.publisher().publish(eight());
    await expect(bench.publisher().rollback({ ...eighth(), from: 3, to: 2 })).rejects.toThrow(
      /from revision 3 to 1, and 3 to 2 was confirmed/,
    );
    expect(bench.cvmfs.state().revision).toBe(3);
  });

  it('does not go back over what others published since', async () => {
    await bench.publisher().publish(eight());
    await admin([{ path: 'other', content: 'x' }]);
    await expect(bench.publisher().wayBack(eighth())).rejects.toThrow(/published again since/);
    await expect(bench.publisher().rollback({ ...eighth(), ...back })).rejects.toThrow(
      /published again since/,
    );
    expect(bench.cvmfs.state().revision).toBe(4);
  });

  it('going back ends the same wherever it dies', async () => {
    await bench.publisher().publish(eight());
    for (let commands = 0; ; commands++) {
      const { transport } = dyingAfter(commands);
      const died = await bench
        .publisher({ transport })
        .rollback({ ...eighth(), ...back })
        .then(
          () => false,
          () => true,
        );
      if (!died) break;
      expect(commands).toBeLessThan(60);
    }
    expect(bench.cvmfs.state().revision).toBe(4);
    expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
  });

  it.each(['../evil', '', '-x', 'a b'])('refuses %j as the name of a repository', async (repository) => {
    await expect(bench.publisher().publish({ ...eight(), repository })).rejects.toThrow(
      /no name of a repository/,
    );
  });
});
