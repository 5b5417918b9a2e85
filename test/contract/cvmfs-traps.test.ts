/** Traps of `cvmfs_server` that the publisher gets around by what it asks, and what it looks at before. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import {
  type CvmfsBench,
  cvmfsBench,
  cvmfsDeploy,
  dyingAfter,
  software,
  transportWith,
} from '../harness/cvmfs-server/bench.ts';
import type { Point } from '../harness/cvmfs-server/places.ts';
import { recordingLog } from '../harness/log.ts';

// Each test starts some dozens of processes, which on a busy machine wait their turn.
vi.setConfig({ testTimeout: 120_000 });

let bench: CvmfsBench;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

const deploy = () => cvmfsDeploy(bench.cvmfs, 7, software('x86_64/amd/zen2', 'GROMACS'));
const healthy = 'software.eessi.io (stratum0 / local)\n';
const list = async () => (await bench.cvmfs.run(['list'])).stdout;
const content = () => existsSync(join(bench.cvmfs.mount, 'versions'));
const days = (count: number) => new Date(Date.now() + count * 86_400_000);

describe('what is asked of cvmfs_server', () => {
  /** One pattern for each command that changes something; an argument is a word between slashes' bars. */
  const allowed = [
    /^ingest\|-t\|\/[^|]+\/ingest-\d+\.tar\|-b\|[^| ]+\|software\.eessi\.io$/, // a whole file, a base without a space, no -d
    /^transaction\|software\.eessi\.io$/,
    /^publish\|-a\|stratobot-7\|-m\|[^|]+\|software\.eessi\.io$/,
    /^abort\|-f\|software\.eessi\.io$/, // without -f it waits for an answer, or takes a closed stdin for one
    /^rollback\|-t\|[^|]+\|-f\|software\.eessi\.io$/,
    /^(list|tag\|-l\|-x\|software\.eessi\.io)$/,
  ];

  const asked = (seen: string[][]) =>
    seen.flatMap((argv) => {
      const at = argv.indexOf(bench.cvmfs.command);
      return at < 0 ? [] : [argv.slice(at + 1).join('|')];
    });

  it('has no form that is known to lie: no -d, no pipe, no space in a base, no abort without -f', async () => {
    const first = dyingAfter(Number.POSITIVE_INFINITY);
    bench.cvmfs.fault('open-file');
    const failing = bench.publisher({ transport: first.transport }).publish(deploy());
    await expect(failing).rejects.toBeInstanceOf(Retryable);
    bench.cvmfs.fault('open-file', false);
    const second = dyingAfter(Number.POSITIVE_INFINITY);
    const { revision: from } = await bench.publisher({ transport: second.transport }).publish(deploy());
    const site = { id: 7, repository: bench.cvmfs.name };
    const { to } = await bench.publisher().wayBack(site);
    await bench.publisher({ transport: second.transport }).rollback({ ...site, from, to });

    const commands = asked([...first.seen, ...second.seen]);
    const wrong = commands.filter((command) => !allowed.some((pattern) => pattern.test(command)));
    expect(wrong).toEqual([]);
    const kinds = new Set(commands.map((command) => command.split('|')[0]));
    expect([...kinds].sort()).toEqual(
      ['abort', 'ingest', 'list', 'publish', 'rollback', 'tag', 'transaction'].sort(),
    );
  });

  it.each(['sp ace', '..', '-x'])('never has %j as a project in its base', async (project) => {
    const name = `eessi-2025.06-software-linux-x86_64-amd-zen2-${project}-17796967460.tar.zst`;
    const [members = []] = Object.values(software('x86_64/amd/zen2', 'GROMACS'));
    const publishing = bench.publisher().publish(cvmfsDeploy(bench.cvmfs, 7, { [name]: members }));
    await expect(publishing).rejects.toBeInstanceOf(Permanent);
    expect(bench.cvmfs.state().revision).toBe(1);
  });
});

describe('a whitelist', () => {
  it('that ends within a day: nothing is begun that could not be finished or taken back', async () => {
    bench.stratum0.whitelistEnds(days(0.9));
    await expect(bench.publisher().publish(deploy())).rejects.toThrow(/ends within a day/);
    bench.stratum0.whitelistEnds(days(-3));
    await expect(bench.publisher().publish(deploy())).rejects.toBeInstanceOf(Permanent);
    expect(bench.cvmfs.state().revision).toBe(1);
  });

  it('that ends within a week is warned of, and one that is not served is not asked again', async () => {
    const log = recordingLog();
    bench.stratum0.whitelistEnds(days(3.5));
    await bench.publisher({ log }).publish(deploy());
    expect(log.told.map(({ message }) => message)).toEqual(['the whitelist of a repository ends soon']);
    bench.stratum0.whitelistEnds(null);
    const other = cvmfsDeploy(bench.cvmfs, 8, software('x86_64/amd/zen3', 'LAMMPS'));
    expect(await bench.publisher().publish(other)).toMatchObject({ revision: 5 });
  });
});

describe('somebody else, between our transaction and our publish,', () => {
  const rightBeforePublish = (args: string[]) =>
    transportWith(async (argv) => {
      if (argv[0] === 'sh' && argv.includes(bench.cvmfs.command) && argv.includes('publish'))
        await bench.cvmfs.run([...args, bench.cvmfs.name]);
      return 'run';
    });

  it('aborts it: nothing is published under our name, and it is done again', async () => {
    const transport = rightBeforePublish(['abort', '-f']);
    const publishing = bench.publisher({ transport }).publish(deploy());
    await expect(publishing).rejects.toThrow(/somebody ended our transaction/);
    await expect(publishing).rejects.toBeInstanceOf(Retryable);
    expect([await list(), content()]).toEqual([healthy, false]);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ files: 2 });
  });

  it('takes our tag: the transaction that stays open is aborted, the ingest rolled back', async () => {
    const transport = rightBeforePublish(['tag', '-a', 'stratobot-7']);
    const publishing = bench.publisher({ transport }).publish(deploy());
    await expect(publishing).rejects.toThrow(/the tag of this deploy exists already/);
    expect([await list(), content()]).toEqual([healthy, false]);
  });
});

it('a head without a tag gets one also when an earlier try gave one to another head', async () => {
  const { run, name } = bench.cvmfs;
  const untag = async () => {
    for (const tag of bench.cvmfs.state().tags) {
      if (tag.name.startsWith('generic-')) await run(['tag', '-r', tag.name, name]);
    }
  };
  await untag();
  const failing = bench.publisher({ cacheHook: ['false'] }).publish(deploy());
  await expect(failing).rejects.toBeInstanceOf(Permanent);
  await run(['transaction', name]);
  await run(['publish', name]);
  await untag();
  const before = bench.cvmfs.state().revision;
  expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: before + 2 });
});

describe('a command that is told to end, with the shell that watches it', () => {
  it.each<Point>(['ingest:syncing', 'ingest:committing', 'publish:syncing'])(
    'comes to its end without it, and counts: %s',
    async (point) => {
      const hold = bench.cvmfs.hold(point);
      const failing = expect(bench.publisher().publish(deploy())).rejects.toBeInstanceOf(Retryable);
      const pid = await hold.reached();
      const group = Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
      const ours = Number(
        execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' }),
      );
      // The transport starts every command in a group of its own; any other would be the tests'.
      expect(group > 1 && group !== ours).toBe(true);
      process.kill(-group, 'SIGTERM');
      await failing;
      // It lives on, and has no watcher: nothing of it is aborted, nothing is done twice.
      const transport = transportWith(async (argv) => {
        if (argv.includes('tag')) hold.release(); // whoever comes next looks, and finds it at work
        return 'run';
      });
      expect(await bench.publisher({ transport }).publish(deploy())).toMatchObject({ revision: 3 });
      expect(bench.cvmfs.state()).toMatchObject({ revision: 3, corrupt: false });
      expect(await list()).toBe(healthy);
    },
  );
});
