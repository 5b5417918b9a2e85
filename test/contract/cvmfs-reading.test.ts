/** What `cvmfs_server` and the Strata say, read from their own words. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { explain, leftOpen } from '../../src/ingest/cvmfs/answers.ts';
import { readTagText, writeTagText } from '../../src/ingest/cvmfs/journal.ts';
import { parsePublishedManifest } from '../../src/ingest/cvmfs/published-manifest.ts';
import { parseList, parseTags } from '../../src/ingest/cvmfs/server.ts';
import { stratumStatus, whitelistExpiry } from '../../src/ingest/cvmfs/stratum.ts';
import { type Cvmfs, newCvmfs } from '../harness/cvmfs.ts';
import { tar } from '../harness/tarballs.ts';

const REPO = 'software.eessi.io';

describe('`list` and `tag -l -x`', () => {
  it.each([
    ['', { inTransaction: false, unhealthy: false, whitelistExpired: false }],
    [' - in transaction', { inTransaction: true, unhealthy: false, whitelistExpired: false }],
    [' - in transaction - unhealthy', { inTransaction: true, unhealthy: true, whitelistExpired: false }],
    [' - whitelist expired', { inTransaction: false, unhealthy: false, whitelistExpired: true }],
  ])('reads the state%s', (suffix, state) => {
    const text = `dev.eessi.io (stratum0 / local - in transaction - unhealthy)\n${REPO} (stratum0 / local${suffix})\n`;
    expect(parseList(text, REPO)).toEqual(state);
    expect(parseList(text, 'eessi.io')).toBeNull();
  });

  it('reads tags, and nothing into lines of another kind', () => {
    const hash = 'a'.repeat(40);
    const text = `stratobot-7 ${hash} 4096 12 1780000000 (default) 3 files, digest abc, before x\nplain ${hash} 1 2 3 (default)\nWarning: something\n`;
    expect(parseTags(text)).toEqual([
      { name: 'stratobot-7', revision: 12, description: '3 files, digest abc, before x' },
      { name: 'plain', revision: 2, description: '' },
    ]);
    const said = { files: 3, digest: 'abc', before: 'generic-2026' };
    expect(readTagText(writeTagText(said))).toEqual(said);
    expect(readTagText('made by hand')).toBeNull();
  });
});

describe('explain', () => {
  it.each([
    [17, 'CernVM-FS transaction error: another transaction is already open', 'busy'],
    [1, 'another transaction is already open\nImpossible to start a transaction', 'busy'],
    [1, 'Repository x is currently publishing and should not be touched', 'busy'],
    [22, 'Could not acquire lock /var/spool/cvmfs/x/is_publishing.lock', 'busy'],
    [1, 'Permission error: No write permission to repository', 'never'],
    [2, '', 'never'],
    [1, 'Unable to find the configuration file', 'never'],
    [2, 'cannot open /etc/cvmfs/repositories.d/x/server.conf', 'never'],
    [1, 'The repository x does not exist', 'never'],
    [1, 'Impossible to open the archive: Unrecognized archive format', 'never'],
    [1, 'Truncated tar archive\nAborted\nSynchronization failed', 'never'],
    [1, 'PANIC: block upload failed (code: 28)', 'never'],
    [5, 'cannot load whitelist [expired whitelist]', 'never'],
    [5, 'cannot load whitelist [failed to download whitelist]', 'later'],
    [1, "Tag name 'x' is already in use.", 'never'],
    [1, 'Repository x is not in a transaction', 'later'],
    [1, 'something new', 'never'],
  ])('takes %i %j for %s', (code, output, kind) => {
    expect(explain({ code, output }, false).kind).toBe(kind);
  });

  it('takes a transaction that stays open after words it does not know for somebody’s reading', () => {
    const answer = { code: 1, output: 'Do you want to proceed anyway? (y/N)' };
    expect(explain(answer, true).kind).toBe('later');
    expect(leftOpen(answer)).toBe(true);
    expect(leftOpen({ code: 1, output: 'another transaction is already open' })).toBe(false);
    expect(leftOpen({ code: 1, output: 'Truncated tar archive' })).toBe(false);
  });
});

describe('what a Stratum serves', () => {
  let cvmfs: Cvmfs;
  beforeEach(() => {
    cvmfs = newCvmfs();
  });
  afterEach(() => cvmfs.close());

  it('is the revision, and on a replica how old it is and whether it catches up', async () => {
    const [zero, one] = [await cvmfs.stratum0(), await cvmfs.replica()];
    await cvmfs.run(['ingest', '-t', '-', '-b', 'versions', REPO], tar([{ path: 'a', content: 'x' }]));
    expect(await stratumStatus(zero.url, REPO)).toEqual({
      kind: 'answered',
      revision: 2,
      rootHash: cvmfs.repository.tagOf('', 2, '').hash,
      lastSnapshot: null,
      snapshotting: false,
    });
    one.snapshotting(true);
    expect(await stratumStatus(one.url, REPO)).toMatchObject({ revision: 1, snapshotting: true });
    const before = Math.floor(Date.now() / 1000) * 1000;
    one.snapshot();
    one.snapshotting(false);
    const { lastSnapshot, rootHash: _, ...status } = await stratumStatus(`${one.url}/`, REPO);
    expect(status).toEqual({ kind: 'answered', revision: 2, snapshotting: false });
    expect(lastSnapshot).toBeGreaterThanOrEqual(before);
    expect(lastSnapshot).toBeLessThanOrEqual(Date.now());
  });

  it('is a whitelist that says when it ends', async () => {
    const zero = await cvmfs.stratum0();
    zero.whitelistEnds(new Date('2026-12-20T21:30:07Z'));
    expect(await whitelistExpiry(zero.url, REPO)).toBe(Date.parse('2026-12-20T21:30:07Z'));
    zero.whitelistEnds(null);
    expect(await whitelistExpiry(zero.url, REPO)).toBeNull();
  });

  it('is nothing for a repository or server that is not there', async () => {
    const zero = await cvmfs.stratum0();
    await expect(stratumStatus(zero.url, 'other.org')).rejects.toBeInstanceOf(Retryable);
    await zero.close();
    await expect(stratumStatus(zero.url, REPO)).rejects.toThrow(/does not answer/);
  });

  it('is read up to the signature, and only when it is a manifest', () => {
    const hash = 'b'.repeat(40);
    const text = `C${hash}\nB1234\nRd41d8\nD240\nS77\nGno\nAno\nN${REPO}\nX${hash}\nT1780000000\n--\n${hash}\n`;
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x0a, 0x53, 0x31])]);
    expect(parsePublishedManifest(bytes)).toEqual({
      name: REPO,
      revision: 77,
      rootHash: hash,
      publishedAt: 1_780_000_000_000,
      ttlSeconds: 240,
    });
    for (const wrong of ['', '<html>', text.replace('S77', 'Sxx'), text.replace('\n--\n', '\n')]) {
      expect(parsePublishedManifest(Buffer.from(wrong))).toBeNull();
    }
  });
});
