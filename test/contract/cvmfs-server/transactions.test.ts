/** The stand-in of `cvmfs_server` behaves as was observed on the real one: one test for each thing observed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cvmfs, newCvmfs } from '../../harness/cvmfs.ts';
import { type MemberSpec, tar } from '../../harness/tarballs.ts';

let cvmfs: Cvmfs;
beforeEach(() => {
  cvmfs = newCvmfs();
});
afterEach(() => cvmfs.close());

const REPO = 'software.eessi.io';
const ingest = (members: MemberSpec[] | Buffer, base = 'versions') =>
  cvmfs.run(['ingest', '-t', '-', '-b', base, REPO], Buffer.isBuffer(members) ? members : tar(members));
const shown = (path: string) => existsSync(join(cvmfs.mount, path));
const list = async () => (await cvmfs.run(['list'])).stdout.trim();
const open = () => cvmfs.run(['transaction', REPO]);

describe('while something runs', () => {
  it.each(['ingest:syncing', 'publish:syncing'] as const)('refuses everything else at %s', async (point) => {
    if (point === 'publish:syncing') await open();
    const hold = cvmfs.hold(point);
    const running =
      point === 'publish:syncing'
        ? cvmfs.start(['publish', REPO])
        : cvmfs.start(['ingest', '-t', '-', '-b', '', REPO], tar([{ path: 'a', content: 'x' }]));
    await hold.reached();
    const text = expect.stringContaining('currently publishing and should not be touched');
    for (const args of [['transaction'], ['ingest', '-t', '-'], ['publish'], ['rollback', '-t', 'x', '-f']]) {
      expect(await cvmfs.run([...args, REPO]), args[0]).toMatchObject({ code: 1, stderr: text });
    }
    expect(await cvmfs.run(['tag', '-l', REPO])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Repository is currently publishing'),
    });
    expect(await cvmfs.run(['abort', '-f', REPO])).toMatchObject({
      code: 22,
      stderr: expect.stringMatching(/Could not acquire lock .*is_publishing\.lock/),
    });
    hold.release();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(cvmfs.state().revision).toBe(2);
  });
});

describe('transactions', () => {
  it('opens one at a time, to `transaction` and to `ingest`', async () => {
    const text = 'CernVM-FS transaction error: another transaction is already open';
    expect(await open()).toMatchObject({ code: 0 });
    expect(await open()).toMatchObject({ code: 17, stderr: expect.stringContaining(text) });
    const refused = await ingest([{ path: 'a' }]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(text) });
    expect(refused.stderr).toContain('Impossible to start a transaction');
  });

  it('has nothing to publish or abort without one', async () => {
    const text = expect.stringContaining('is not in a transaction');
    expect(await cvmfs.run(['publish', REPO])).toMatchObject({ code: 1, stdout: text });
    expect(await cvmfs.run(['abort', '-f', REPO])).toMatchObject({ code: 22, stderr: text });
  });

  it('keeps one open when somebody works in it', async () => {
    await open();
    cvmfs.fault('open-file');
    expect(await cvmfs.run(['publish', REPO])).toMatchObject({ code: 1, stderr: '' });
    expect(await list()).toContain('in transaction');
  });

  it('keeps one open when the disk is full', async () => {
    await open();
    cvmfs.fault('storage-full');
    expect(await cvmfs.run(['publish', REPO])).toMatchObject({ code: 1 });
    expect(await list()).toContain('in transaction');
  });

  it('keeps one open when the tag is taken', async () => {
    await cvmfs.run(['tag', '-a', 'x', REPO]);
    await open();
    expect(await cvmfs.run(['publish', '-a', 'x', REPO])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Tag name 'x' is already in use."),
    });
    expect(await list()).toContain('in transaction');
  });
});

describe('what is refused', () => {
  it('to who is not the owner', async () => {
    await open();
    cvmfs.fault('not-owner');
    const text = expect.stringContaining('Permission error: No write permission to repository');
    expect(await open()).toMatchObject({ code: 1, stderr: text });
    expect(await ingest([{ path: 'a' }])).toMatchObject({ code: 1, stderr: text });
    expect(await cvmfs.run(['abort', '-f', REPO])).toMatchObject({ code: 1, stderr: text });
    expect(await cvmfs.run(['publish', REPO])).toMatchObject({ code: 2 });
  });

  it.each([
    ['transaction', 1, 'Unable to find the configuration file'],
    ['abort', 1, 'Unable to find the configuration file'],
    ['ingest', 2, 'cannot open /etc/cvmfs/repositories.d/other.org/server.conf'],
    ['publish', 1, 'The repository other.org does not exist'],
    ['tag', 1, 'The repository other.org does not exist'],
    ['check', 1, 'The repository other.org does not exist'],
  ])('%s of a repository that is not known', async (command, code, text) => {
    const result = await cvmfs.run([command, 'other.org']);
    expect(result).toMatchObject({ code, stderr: expect.stringContaining(text) });
  });

  it.each([
    ['whitelist-expired', 'expired whitelist'],
    ['web-server-down', 'failed to download whitelist'],
  ] as const)('anything to be signed: %s', async (fault, text) => {
    cvmfs.fault(fault);
    const refused = { code: 5, stderr: expect.stringContaining(`cannot load whitelist [${text}]`) };
    expect(await ingest([{ path: 'a' }])).toMatchObject(refused);
    expect((await list()).includes('whitelist expired')).toBe(fault === 'whitelist-expired');
    await open();
    expect(await cvmfs.run(['publish', REPO])).toMatchObject(refused);
  });
});

describe('tags', () => {
  it('lists one a line, newest first', async () => {
    await cvmfs.run(['tag', '-a', 'named', '-m', 'a description', REPO]);
    const { stdout } = await cvmfs.run(['tag', '-l', '-x', REPO]);
    expect(stdout.split('\n')[0]).toMatch(/^named [0-9a-f]{40} \d+ 1 \d{10} \(default\) a description$/);
  });

  it('does not move one that exists', async () => {
    await cvmfs.run(['tag', '-a', 'named', REPO]);
    expect(await cvmfs.run(['tag', '-a', 'named', REPO])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already exists. Do you want to move it?'),
    });
    expect(await cvmfs.run(['tag', '-r', 'named', REPO])).toMatchObject({ code: 0 });
    expect(await cvmfs.run(['tag', '-a', 'named', REPO])).toMatchObject({ code: 0 });
  });

  it('goes back to one with a new revision', async () => {
    await cvmfs.run(['tag', '-a', 'before', REPO]);
    await ingest([{ path: 'a', content: 'x' }]);
    expect(await cvmfs.run(['rollback', '-t', 'before', '-f', REPO])).toMatchObject({ code: 0 });
    expect(shown('versions/a')).toBe(false);
    expect(cvmfs.state()).toMatchObject({ revision: 3 });
    expect(cvmfs.state().tags.find(({ name }) => name === 'before')).toMatchObject({ revision: 3 });
  });
});

describe('what can be read over HTTP', () => {
  it('says the revision on the Stratum 0, which has no status', async () => {
    const { url } = await cvmfs.stratum0();
    const manifest = await fetch(`${url}/cvmfs/${REPO}/.cvmfspublished`);
    expect(manifest.headers.get('cache-control')).toBe('max-age=61');
    expect((await manifest.text()).split('\n')).toEqual(expect.arrayContaining(['S1', `N${REPO}`, '--']));
    expect((await fetch(`${url}/cvmfs/${REPO}/.cvmfs_status.json`)).status).toBe(404);
    expect(await (await fetch(`${url}/cvmfs/info/v1/repositories.json`)).text()).toContain(REPO);
  });

  it('lags on a replica until its next snapshot', async () => {
    const replica = await cvmfs.replica();
    const get = async (file: string) => fetch(`${replica.url}/cvmfs/${REPO}/${file}`);
    await ingest([{ path: 'a', content: 'x' }]);
    expect(await (await get('.cvmfspublished')).text()).toContain('\nS1\n');
    replica.snapshotting(true);
    expect((await get('.cvmfs_is_snapshotting')).status).toBe(200);
    replica.snapshot();
    replica.snapshotting(false);
    expect(await (await get('.cvmfspublished')).text()).toContain('\nS2\n');
    expect((await get('.cvmfs_is_snapshotting')).status).toBe(404);
    const status = (await (await get('.cvmfs_status.json')).json()) as { last_snapshot: string };
    expect(status.last_snapshot).toMatch(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/);
  });
});
