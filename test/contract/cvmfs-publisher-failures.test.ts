/** What `cvmfs_server` may answer, and what the publisher makes of it: each row of what was observed on a real one. */
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import { localTransport } from '../../src/transport/local.ts';
import {
  type CvmfsBench,
  cvmfsBench,
  cvmfsDeploy,
  software,
  transportWith,
} from '../harness/cvmfs-server/bench.ts';
import { tar } from '../harness/tarballs.ts';

// Each test starts some dozens of processes, which on a busy machine wait their turn.
vi.setConfig({ testTimeout: 120_000 });

let bench: CvmfsBench;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

const deploy = (id = 7) => cvmfsDeploy(bench.cvmfs, id, software('x86_64/amd/zen2', 'GROMACS'));
const list = async () => (await bench.cvmfs.run(['list'])).stdout.trim();
const healthy = 'software.eessi.io (stratum0 / local)';
const quick = { patience: { transactionMs: 50, servedMs: 1_000, pollMs: 5 } };
const empty = () => !existsSync(join(bench.cvmfs.mount, 'versions'));

/** Does something right before the recorded command, `ingest` or `publish` or `transaction`, runs. */
const rightBefore = (command: string, act: () => Promise<unknown>) =>
  transportWith(async (argv) => {
    if (argv[0] === 'sh' && argv.includes(bench.cvmfs.command) && argv.includes(command)) await act();
    return 'run';
  });

/** A `cvmfs_server` that changes what it is asked to do. */
function lying(script: string): string {
  const path = join(bench.cvmfs.root, 'bin', 'lying');
  writeFileSync(path, `#!/bin/sh\nreal='${bench.cvmfs.command}'\n${script}\nexec "$real" "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

async function fails(kind: typeof Permanent | typeof Retryable, text: RegExp, options = {}): Promise<void> {
  const publishing = bench.publisher({ ...quick, ...options }).publish(deploy());
  await expect(publishing).rejects.toThrow(text);
  await expect(publishing).rejects.toBeInstanceOf(kind);
}

describe('somebody else', () => {
  it('has a transaction open: it is waited for, and never touched', async () => {
    await bench.cvmfs.run(['transaction', bench.cvmfs.name]);
    await fails(Retryable, /Somebody else has a transaction open/);
    expect(await list()).toBe('software.eessi.io (stratum0 / local - in transaction)');
    await bench.cvmfs.run(['publish', bench.cvmfs.name]);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 4 });
  });

  it('is publishing: it is waited for, and comes to its end', async () => {
    const hold = bench.cvmfs.hold('ingest:syncing');
    const args = ['ingest', '-t', '-', '-b', 'versions', bench.cvmfs.name];
    const other = bench.cvmfs.start(args, tar([{ path: 'theirs', content: 'x' }]));
    await hold.reached();
    await fails(Retryable, /Somebody else is publishing/);
    hold.release();
    expect(await other.ended).toMatchObject({ code: 0 });
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 4 });
  });

  it.each([
    ['ingest', 1],
    ['transaction', 3],
  ])('was quicker when it came to %s: theirs stays, ours is undone', async (command, revision) => {
    const transport = rightBefore(command, () => bench.cvmfs.run(['transaction', bench.cvmfs.name]));
    const publishing = bench.publisher({ ...quick, transport }).publish(deploy());
    await expect(publishing).rejects.toBeInstanceOf(Retryable);
    expect(await list()).toBe('software.eessi.io (stratum0 / local - in transaction)');
    await bench.cvmfs.run(['abort', '-f', bench.cvmfs.name]);
    if (command === 'transaction') {
      // Under a foreign transaction nothing could be undone: what was begun is finished now.
      expect(await bench.publisher().publish(deploy())).toMatchObject({ revision });
    } else {
      expect(bench.cvmfs.state()).toMatchObject({ revision });
      expect(empty()).toBe(true);
    }
  });

  it('published between our two steps: nothing is rolled back, and somebody is told', async () => {
    const args = ['ingest', '-t', '-', '-b', 'theirs', bench.cvmfs.name];
    const act = () => bench.cvmfs.run(args, tar([{ path: 'x', content: 'x' }]));
    await fails(Permanent, /Somebody.*published.*cvmfs_server rollback -t generic-/s, {
      transport: rightBefore('transaction', act),
    });
    expect(existsSync(join(bench.cvmfs.mount, 'theirs/x'))).toBe(true);
  });

  it('has begun another deploy that is not finished: it goes first', async () => {
    const area = join(bench.stateDir, bench.cvmfs.name, 'deploy-6');
    mkdirSync(area, { recursive: true });
    writeFileSync(join(area, 'journal.json'), '{}');
    await fails(Retryable, /Another deploy.*deploy-6\/journal\.json/);
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('publishes another deploy at the same time: they take turns', async () => {
    const other = cvmfsDeploy(bench.cvmfs, 8, software('x86_64/amd/zen3', 'LAMMPS'));
    const results = await Promise.allSettled([deploy(), other].map((one) => bench.publisher().publish(one)));
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Retryable);
    }
    const revisions = [];
    for (const one of [deploy(), other]) revisions.push((await bench.publisher().publish(one)).revision);
    expect(revisions.sort()).toEqual([3, 5]);
    expect(bench.cvmfs.state().revision).toBe(5);
  });

  it('reads the repository during ingest: our own transaction is aborted', async () => {
    bench.cvmfs.fault('reader');
    await fails(Retryable, /somebody is using the repository/);
    expect(await list()).toBe(healthy);
    bench.cvmfs.fault('reader', false);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
  });

  it('holds the lock when we abort: it is tried again', async () => {
    bench.cvmfs.fault('open-file');
    const locked = 'Could not acquire lock /var/spool/cvmfs/software.eessi.io/is_publishing.lock';
    const once = `[ "$1" = abort ] && [ ! -e "$0.once" ] && touch "$0.once"`;
    const cvmfsServer = lying(`if ${once}; then echo '${locked}' >&2; exit 22; fi`);
    const patience = { ...quick.patience, transactionMs: 60_000 };
    await fails(Retryable, /somebody is using the repository/, { cvmfsServer, patience });
    expect(existsSync(`${cvmfsServer}.once`)).toBe(true);
    expect([await list(), empty()]).toEqual([healthy, true]);
  });

  it('ends our transaction before we do: that is as good', async () => {
    bench.cvmfs.fault('open-file');
    const transport = rightBefore('abort', () => bench.cvmfs.run(['abort', '-f', bench.cvmfs.name]));
    await fails(Retryable, /somebody is using the repository/, { transport });
    expect([await list(), empty()]).toEqual([healthy, true]);
  });

  it('works in our transaction: it is aborted, and the ingest is rolled back', async () => {
    bench.cvmfs.fault('open-file');
    await fails(Retryable, /somebody is using the repository/);
    expect(await list()).toBe(healthy);
    expect(empty()).toBe(true);
  });
});

describe('the server cannot', () => {
  it.each([
    ['not-owner', 'ingest', Permanent, /does not own the repository/],
    ['not-owner', 'transaction', Permanent, /does not own the repository/],
    ['not-owner', 'publish', Permanent, /does not own the repository/],
    ['whitelist-expired', 'ingest', Permanent, /whitelist.*expired/],
    ['whitelist-expired', 'publish', Permanent, /whitelist.*expired/],
    ['web-server-down', 'ingest', Retryable, /web server of the Stratum 0 does not answer/],
    ['web-server-down', 'publish', Retryable, /web server of the Stratum 0 does not answer/],
    ['storage-full', 'ingest', Permanent, /storage of the repository is full/],
    ['storage-full', 'publish', Permanent, /storage of the repository is full/],
  ] as const)('%s at %s: nothing of the deploy stays', async (fault, command, kind, text) => {
    const transport = transportWith(async (argv) => {
      const recorded = argv[0] === 'sh' && argv.includes(bench.cvmfs.command);
      if (recorded) bench.cvmfs.fault(fault, argv.includes(command));
      return 'run';
    });
    await fails(kind, text, { transport });
    expect(await list()).toMatch(/^software\.eessi\.io \(stratum0 \/ local( - whitelist expired)?\)$/);
    expect(empty()).toBe(true);
    expect(bench.cvmfs.state().tags.map(({ name }) => name)).not.toContain('stratobot-7');
    bench.cvmfs.fault(fault, false);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ files: 2 });
  });

  it('sees an expired whitelist before it begins', async () => {
    bench.cvmfs.fault('whitelist-expired');
    await fails(Permanent, /whitelist.*expired/);
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('does not have the repository', async () => {
    const other = { ...deploy(), repository: 'other.org' };
    await expect(bench.publisher().publish(other)).rejects.toThrow(/does not have this repository/);
  });

  it('has no cvmfs_server', async () => {
    await fails(Permanent, /no such command as cvmfs_server/, { cvmfsServer: '/nowhere/cvmfs_server' });
  });

  it('has not enough space', async () => {
    const transport = transportWith(async (argv) =>
      argv[0] === 'df' ? { stdout: ' Avail\n1000\n' } : 'run',
    );
    await fails(Permanent, /has 1000 bytes free, and \d+ are needed/, { transport });
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('has no tag to go back to: it gets one', async () => {
    for (const { name } of bench.cvmfs.state().tags) {
      await bench.cvmfs.run(['tag', '-r', name, bench.cvmfs.name]);
    }
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
    expect(bench.cvmfs.state().tags[0]).toMatchObject({ name: 'stratobot-before-7-1', revision: 1 });
    expect(await bench.publisher().rollback({ id: 7, repository: bench.cvmfs.name, from: 3, to: 1 })).toEqual(
      { revision: 4 },
    );
    expect(empty()).toBe(true);
  });

  it('is sent a tarball that changed after it was looked at: it is not ingested', async () => {
    const changing = deploy();
    const transport = transportWith(async (argv) => {
      if (argv[0] === 'dd') writeFileSync(changing.files[0]?.path ?? '', 'something else');
      return 'run';
    });
    await expect(bench.publisher({ transport }).publish(changing)).rejects.toBeInstanceOf(Permanent);
    expect(bench.cvmfs.state().revision).toBe(1);
    expect(readdirSync(join(bench.stateDir, bench.cvmfs.name))).toEqual([]);
  });

  it('keeps only a part of the tar: it is not ingested', async () => {
    const real = localTransport();
    const transport = {
      ...real,
      exec: async (...[argv, options]: Parameters<typeof real.exec>) => {
        const result = await real.exec(argv, options);
        if (argv[0] === 'dd') truncateSync((argv[1] ?? '').slice('of='.length), 1536);
        return result;
      },
    };
    await fails(Permanent, /is not what was written there/, { transport });
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('renews no caches: the ingest is rolled back', async () => {
    await fails(Permanent, /false ended with 1/, { cacheHook: ['false'] });
    expect(await list()).toBe(healthy);
    expect(empty()).toBe(true);
  });
});

describe('a return code of 0 that is a lie', () => {
  it.each([
    ['an ingest that publishes nothing', 'if [ "$1" = ingest ]; then exit 0; fi', /its revision is 1, not 2/],
    [
      'an ingest of a part',
      'if [ "$1" = ingest ]; then head -c 1536 "$3" >"$3.cut"; exec "$real" ingest -t "$3.cut" -b "$5" "$6"; fi',
      /should be a (file|directory) now, and is nothing/,
    ],
    [
      'an ingest of other content',
      'if [ "$1" = ingest ]; then sed -i "s/GROMACS for/GR0MACS for/" "$3"; fi',
      /is not what was in its tarball/,
    ],
    [
      'an ingest in another place',
      'if [ "$1" = ingest ]; then exec "$real" ingest -t "$3" -b "sp ace" "$6"; fi',
      /should be a directory now, and is nothing/,
    ],
    [
      'a publish without a tag',
      'if [ "$1" = publish ]; then exec "$real" publish software.eessi.io; fi',
      /has no tag stratobot-7/,
    ],
    [
      'a publish that publishes nothing',
      'if [ "$1" = publish ]; then exit 0; fi',
      /its revision is 2, not 3/,
    ],
  ])('%s is found out and undone', async (_what, script, text) => {
    await fails(Permanent, text, { cvmfsServer: lying(script) });
    expect(await list()).toBe(healthy);
    expect(empty()).toBe(true);
    expect(bench.cvmfs.state().tags.map(({ name }) => name)).not.toContain('stratobot-7');
  });
});
