/** Wherever the bot, the line or a command dies: the next try ends with all of the deploy, once, or says what to do. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import {
  type CvmfsBench,
  changesServer,
  cvmfsBench,
  cvmfsDeploy,
  dyingAfter,
  software,
} from '../harness/cvmfs-server/bench.ts';
import type { Point } from '../harness/cvmfs-server/places.ts';

let bench: CvmfsBench;
beforeEach(async () => {
  bench = await cvmfsBench();
});
afterEach(() => bench.close());

const deploy = () => cvmfsDeploy(bench.cvmfs, 7, software('x86_64/amd/zen2', 'GROMACS'));
const list = async () => (await bench.cvmfs.run(['list'])).stdout.trim();
const healthy = 'software.eessi.io (stratum0 / local)';

async function expectPublished(revision: number): Promise<void> {
  expect(bench.cvmfs.state()).toMatchObject({ revision, corrupt: false });
  const tags = bench.cvmfs.state().tags.filter(({ name }) => name.startsWith('stratobot'));
  expect(tags).toMatchObject([{ name: 'stratobot-7', revision }]);
  const file = 'versions/2025.06/software/linux/x86_64/amd/zen2/software/GROMACS/1.0/bin/run';
  expect(readFileSync(join(bench.cvmfs.mount, file), 'utf8')).toBe('GROMACS for x86_64/amd/zen2');
  expect(await list()).toBe(healthy);
  expect(existsSync(join(bench.stateDir, bench.cvmfs.name, 'deploy-7'))).toBe(false);
}

async function again(): Promise<CvmfsBench> {
  await bench.close();
  bench = await cvmfsBench();
  return bench;
}

describe('a bot that dies between two commands', () => {
  it('publishes once, whichever they are', { timeout: 300_000 }, async () => {
    const whole = dyingAfter(Number.POSITIVE_INFINITY);
    await bench.publisher({ transport: whole.transport }).publish(deploy());
    await expectPublished(3);
    expect(whole.seen.length).toBeGreaterThan(20);

    for (let commands = 1; commands < whole.seen.length; commands++) {
      if (!changesServer(whole.seen[commands - 1])) continue;
      await again();
      const { transport } = dyingAfter(commands);
      // Dying in its last breath, while it removes its lock, it had published.
      await bench
        .publisher({ transport })
        .publish(deploy())
        .catch(() => {});
      const after = whole.seen[commands - 1]?.join(' ');
      expect(await bench.publisher().publish(deploy()), after).toMatchObject({ revision: 3 });
      await expectPublished(3);
    }
  });

  it('leaves nothing half done, even when it dies while it undoes', { timeout: 300_000 }, async () => {
    bench.cvmfs.fault('open-file');
    const whole = dyingAfter(Number.POSITIVE_INFINITY);
    await expect(bench.publisher({ transport: whole.transport }).publish(deploy())).rejects.toThrow(
      Retryable,
    );
    expect(bench.cvmfs.state().revision).toBe(3); // ingested, and rolled back
    expect(existsSync(join(bench.cvmfs.mount, 'versions'))).toBe(false);
    const publishes = whole.seen.findIndex((argv) => argv.includes('publish'));

    for (let commands = publishes + 1; commands < whole.seen.length; commands++) {
      if (!changesServer(whole.seen[commands - 1])) continue;
      await again();
      bench.cvmfs.fault('open-file');
      const { transport } = dyingAfter(commands);
      await expect(bench.publisher({ transport }).publish(deploy())).rejects.toThrow();
      bench.cvmfs.fault('open-file', false);
      const { revision } = await bench.publisher().publish(deploy());
      expect([3, 5], whole.seen[commands - 1]?.join(' ')).toContain(revision);
      await expectPublished(revision);
    }
  });
});

describe('a bot that dies while it sends the tar', () => {
  it('has published nothing, although what arrived looks like a whole tar', async () => {
    const real = localTransport();
    const transport: Transport = {
      ...real,
      async exec(argv, options) {
        if (argv[0] !== 'dd') return await real.exec(argv, options);
        const whole = await buffer(options.stdin as Readable);
        await real.exec(argv, { ...options, stdin: whole.subarray(0, 1536) });
        throw new Error('died');
      },
    };
    await expect(bench.publisher({ transport }).publish(deploy())).rejects.toThrow('died');
    expect(bench.cvmfs.state().revision).toBe(1);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
    await expectPublished(3);
  });
});

describe('a bot that is killed while the server works', () => {
  it.each<Point>(['ingest:syncing', 'ingest:committing', 'publish:syncing', 'publish:published'])(
    'goes on where the server is: %s',
    async (point) => {
      const hold = bench.cvmfs.hold(point);
      const script = fileURLToPath(import.meta.resolve('../harness/cvmfs-server/publish-once.ts'));
      const job = JSON.stringify({ options: bench.options, deploy: deploy() });
      const bot = spawn(process.execPath, [script, job], { stdio: 'inherit' });
      await hold.reached();
      const dead = once(bot, 'exit');
      bot.kill('SIGKILL');
      await dead;
      await expect(bench.publisher().publish(deploy())).rejects.toThrow(/still running/);
      hold.release();
      expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
      await expectPublished(3);
    },
  );
});

describe('a command that is killed on the server, with all that watches it', () => {
  const groupOfTests = Number(
    execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' }),
  );

  const killed = async (point: Point) => {
    const hold = bench.cvmfs.hold(point);
    const failing = expect(bench.publisher().publish(deploy())).rejects.toThrow(Retryable);
    const pid = await hold.reached();
    const said = execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' });
    // The transport starts every command in a group of its own; any other would be the tests'.
    const group = Number(said);
    expect(group).toBeGreaterThan(1);
    expect(group).not.toBe(groupOfTests);
    process.kill(-group, 'SIGKILL');
    await failing;
    hold.release();
  };

  it.each<[Point, number]>([
    ['ingest:syncing', 3],
    ['ingest:committing', 3],
    ['ingest:published', 3],
    ['publish:syncing', 3],
    ['publish:published', 3],
  ])('is done again or found done: %s', async (point, revision) => {
    await killed(point);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision });
    await expectPublished(revision);
  });

  it.each<Point>(['ingest:opened', 'transaction:opened'])(
    'leaves a transaction that could be anybody’s, and says so: %s',
    async (point) => {
      await killed(point);
      const publishing = bench.publisher().publish(deploy());
      await expect(publishing).rejects.toThrow(/may be ours or somebody else's.*cvmfs_server abort/s);
      await expect(publishing).rejects.toBeInstanceOf(Permanent);
      expect(await list()).toContain('in transaction');
      await bench.cvmfs.run(['abort', '-f', bench.cvmfs.name]);
      expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
      await expectPublished(3);
    },
  );

  it('aborts and begins again when only the command was killed', async () => {
    const hold = bench.cvmfs.hold('ingest:syncing');
    const failing = expect(bench.publisher().publish(deploy())).rejects.toThrow(Retryable);
    process.kill(await hold.reached(), 'SIGKILL');
    await failing;
    hold.release();
    expect(await list()).toBe(healthy);
    expect(await bench.publisher().publish(deploy())).toMatchObject({ revision: 3 });
  });
});
