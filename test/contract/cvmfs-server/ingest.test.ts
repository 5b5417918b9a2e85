/** The stand-in of `cvmfs_server` behaves as was observed on the real one: one test for each thing observed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cvmfs, newCvmfs } from '../../harness/cvmfs.ts';
import { compress, type MemberSpec, tar, tarMember } from '../../harness/tarballs.ts';

let cvmfs: Cvmfs;
beforeEach(() => {
  cvmfs = newCvmfs();
});
afterEach(() => cvmfs.close());

const REPO = 'software.eessi.io';
const ingest = (members: MemberSpec[] | Buffer, base = 'versions') =>
  cvmfs.run(['ingest', '-t', '-', '-b', base, REPO], Buffer.isBuffer(members) ? members : tar(members));
const content = (path: string) => readFileSync(join(cvmfs.mount, path), 'utf8');
const shown = (path: string) => existsSync(join(cvmfs.mount, path));
const list = async () => (await cvmfs.run(['list'])).stdout.trim();
const open = () => cvmfs.run(['transaction', REPO]);

describe('a return code of 0 is no proof', () => {
  it('publishes part of a tar that is cut off at the end of a member', async () => {
    const cut = tarMember({ path: 'a', content: 'first' });
    expect(await ingest(cut)).toMatchObject({ code: 0 });
    expect(cvmfs.state().revision).toBe(2);
    expect(content('versions/a')).toBe('first');
  });

  it('publishes an empty revision for an empty tar and for nothing', async () => {
    expect(await ingest([])).toMatchObject({ code: 0 });
    expect(await ingest(Buffer.alloc(0))).toMatchObject({ code: 0 });
    expect(cvmfs.state().revision).toBe(3);
  });

  it('hides the content and breaks the catalog where the base leads through a file', async () => {
    await ingest([{ path: 'versions', content: 'a file' }], '');
    expect(await ingest([{ path: 'a', content: 'x' }], 'versions/2025.06')).toMatchObject({ code: 0 });
    expect(shown('versions/2025.06/a')).toBe(false);
    expect(await cvmfs.run(['check', REPO])).toMatchObject({ code: 1 });
  });

  it('replaces a directory by a file without a word', async () => {
    await ingest([{ path: 'dir/inside', content: 'x' }]);
    expect(await cvmfs.run(['check', REPO])).toMatchObject({ code: 0 });
    expect(await ingest([{ path: 'dir', content: 'a file now' }])).toMatchObject({ code: 0, stderr: '' });
    expect(content('versions/dir')).toBe('a file now');
  });

  it('takes `../` below a new base, and fails below one that is there', async () => {
    const members = [{ path: '../out', content: 'x' }];
    expect(await ingest(members)).toMatchObject({ code: 0 });
    await ingest([{ path: 'a', content: 'x' }]);
    expect(await ingest(members)).toMatchObject({ code: 1 });
    expect(shown('out')).toBe(false);
  });

  it('makes a revision of the removal of nothing', async () => {
    const result = await cvmfs.run(['ingest', '-d', 'missing', REPO]);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Warning') });
    expect(cvmfs.state().revision).toBe(2);
  });

  it('cuts a base at its space', async () => {
    expect(await ingest([{ path: 'a', content: 'x' }], 'sp ace')).toMatchObject({ code: 0 });
    expect(content('sp/a')).toBe('x');
  });

  it('gives nested catalogs to what was ingested only at the next publish', async () => {
    await ingest([{ path: '.cvmfsdirtab', content: '/versions/*\n' }], '');
    await ingest([{ path: '2025.06/a', content: 'x' }]);
    expect(cvmfs.state().catalogs).toEqual([]);
    await open();
    await cvmfs.run(['publish', REPO]);
    expect(cvmfs.state().catalogs).toEqual(['versions/2025.06']);
  });

  it('aborts without being asked twice when stdin is closed', async () => {
    await open();
    expect(await cvmfs.run(['abort', REPO], Buffer.from('n\n'))).toMatchObject({ code: 1 });
    expect(await list()).toContain('in transaction');
    expect(await cvmfs.run(['abort', REPO])).toMatchObject({ code: 0 });
    expect(await list()).not.toContain('in transaction');
  });

  it.each([512, 1024, 5120])(
    'publishes only the first of two tars that have %i zero bytes between them',
    async (zeros) => {
      const joined = Buffer.concat([
        tar([{ path: 'a', content: 'x' }], Buffer.alloc(zeros)),
        tar([{ path: 'b', content: 'y' }]),
      ]);
      expect(await ingest(joined)).toMatchObject({ code: 0 });
      expect([shown('versions/a'), shown('versions/b')]).toEqual([true, false]);
    },
  );
});

describe('ingest', () => {
  it('publishes joined tars, with directories that recur, and tags the revision', async () => {
    const one = [{ path: '2025.06/' }, { path: '2025.06/a', content: 'x' }];
    const two = [{ path: '2025.06/' }, { path: '2025.06/b', content: 'y' }];
    expect(await ingest([...one, ...two])).toMatchObject({ code: 0 });
    expect([content('versions/2025.06/a'), content('versions/2025.06/b')]).toEqual(['x', 'y']);
    expect(cvmfs.state().tags.at(-1)).toMatchObject({
      name: expect.stringMatching(/^generic-/),
      revision: 2,
    });
  });

  it('fails for what is compressed or no tar at all', async () => {
    const text = 'Impossible to open the archive: Unrecognized archive format';
    for (const bytes of [compress(tar([{ path: 'a' }]), 'zst'), Buffer.alloc(2048, 'garbage')]) {
      expect(await ingest(bytes)).toMatchObject({ code: 1, stderr: expect.stringContaining(text) });
    }
    expect(cvmfs.state().revision).toBe(1);
  });

  it('fails for a tar that is cut off inside a member, and leaves no transaction', async () => {
    const cut = tar([{ path: 'a', content: 'x'.repeat(2000) }]).subarray(0, 1500);
    const text = /Truncated tar archive.*Aborted.*Synchronization failed/s;
    expect(await ingest(cut)).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
    expect(await list()).toBe(`${REPO} (stratum0 / local)`);
    expect(cvmfs.state().revision).toBe(1);
  });

  it('fails for a member that is there twice, and for a hard link to nothing', async () => {
    expect(await ingest([{ path: 'a' }, { path: 'a' }])).toMatchObject({ code: 1 });
    const link = await ingest([{ path: 'b', flag: '1', link: 'missing' }]);
    expect(link).toMatchObject({ code: 1, stderr: expect.stringContaining('PANIC') });
  });

  it('goes on to its end when it is terminated', async () => {
    const hold = cvmfs.hold('ingest:syncing');
    const running = cvmfs.start(['ingest', '-t', '-', '-b', '', REPO], tar([{ path: 'a', content: 'x' }]));
    await hold.reached();
    process.kill(running.pid, 'SIGTERM');
    hold.release();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(content('a')).toBe('x');
  });

  it('leaves an unhealthy transaction when it is killed, which `abort -f` repairs', async () => {
    const hold = cvmfs.hold('ingest:syncing');
    const running = cvmfs.start(['ingest', '-t', '-', '-b', '', REPO], tar([{ path: 'a' }]));
    await hold.reached();
    const alive = await list();
    process.kill(running.pid, 'SIGKILL');
    await running.ended;
    expect(await list()).toBe(`${REPO} (stratum0 / local - in transaction - unhealthy)`);
    expect(alive).toBe(await list());
    expect(await open()).toMatchObject({ code: 17 });
    expect(await cvmfs.run(['abort', '-f', REPO])).toMatchObject({ code: 0 });
    expect(await list()).toBe(`${REPO} (stratum0 / local)`);
  });

  it('lets one of three win', async () => {
    const hold = cvmfs.hold('ingest:opened');
    const bytes = tar([{ path: 'a', content: 'x' }]);
    const first = cvmfs.start(['ingest', '-t', '-', '-b', 'versions', REPO], bytes);
    await hold.reached();
    const text = /another transaction is already open.*Impossible to start a transaction/s;
    for (const other of [ingest(bytes), ingest(bytes)]) {
      expect(await other).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
    }
    hold.release();
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(cvmfs.state().revision).toBe(2);
  });

  it('fails on a full disk', async () => {
    cvmfs.fault('storage-full');
    const text = expect.stringMatching(/PANIC.*block upload failed \(code: 28\)/);
    expect(await ingest([{ path: 'a' }])).toMatchObject({ code: 1, stderr: text });
    expect(await list()).toBe(`${REPO} (stratum0 / local)`);
  });

  it('leaves its transaction open when somebody reads the repository', async () => {
    cvmfs.fault('reader');
    expect(await ingest([{ path: 'a' }])).toMatchObject({ code: 1 });
    expect(await list()).toBe(`${REPO} (stratum0 / local - in transaction)`);
  });
});
