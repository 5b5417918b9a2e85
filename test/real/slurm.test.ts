import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PoolNodes } from '../../src/builders/builders.ts';
import { Permanent } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { isRunning, openJobBench, silent } from '../harness/job-bench.ts';
import { type OpenSsh, openSshMissing, startOpenSsh } from '../harness/openssh.ts';
import { type Slurm, slurmMissing, startSlurm } from '../harness/slurm.ts';
import { withoutController } from './slurm/controller.ts';
import { ends } from './slurm/ends.ts';
import { onNodes } from './slurm/nodes.ts';

const missing = slurmMissing() ?? (openSshMissing() ? 'install openssh-server' : null);
const node = 'zen2/n1';
let nextId = 1;

// The name says what to install.
describe.runIf(missing === null)(`builders: Slurm${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let slurm: Slurm;
  let ssh: OpenSsh;
  let here: Transport;
  let far: Transport;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    slurm = await startSlurm();
    ssh = await startOpenSsh();
    here = slurm.loginNode(localTransport());
    far = slurm.loginNode(sshTransport({ ...ssh, identity: { privateKey: ssh.privateKey }, log: silent }));
  });
  afterAll(async () => {
    for (const close of closing) await close();
    await far?.close();
    await here?.close();
    await ssh?.close();
    await slurm?.close();
  });

  /** Builders of a pool whose node is this Slurm's login node. */
  function open(options: string[] = ['--partition=zen2'], pool: Partial<PoolNodes> = {}, transport = here) {
    const bench = openJobBench({
      transport,
      jobsDir: join(slurm.root, 'jobs'),
      pool: {
        scheduler: { kind: 'slurm', options: ['--mem=20', ...options], squeueIntervalMs: 300 },
        ...pool,
      },
    });
    closing.push(() => bench.builders.close());
    return { ...bench, id: nextId++ };
  }
  const statesOf = async (id: number) => {
    const rows = await slurm.run('squeue', '-h', '-t', 'all', `--name=test-b${id}`, '-o', '%T');
    return rows.trim();
  };
  const idOf = (handle: { job: string }) => handle.job.split(':')[1] ?? '';

  describe('a job', () => {
    for (const kind of ['local', 'ssh'] as const) {
      it.concurrent(`runs from its start to its artifact, over ${kind}`, async ({ expect }) => {
        const { builders, recorder, run, id } = open([], {}, kind === 'local' ? here : far);
        const handle = await run(id, 'success');
        expect(handle.job).toMatch(/^slurm:\d+:60$/);
        expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
        expect(recorder.text(id)).toBe('building for software_subdir = x86_64/amd/zen2\ntesting\n');
        const results = await builders.results(id, handle);
        expect(results.steps).toEqual({ build: 0, 'check-build': 0, test: 5, 'check-test': 0 });
        expect(results.result).toContain('status = SUCCESS');
        const tarball = 'eessi-2025.06-software-linux-x86_64-amd-zen2-17796967460.tar.zst';
        expect(await text(await builders.openArtifact(handle, tarball))).toBe('a tarball\n');
      });

      it.concurrent(`is started once and stopped whole, over ${kind}`, async ({ expect }) => {
        const { builders, recorder, run, start, id } = open([], {}, kind === 'local' ? here : far);
        const [handle, second] = await Promise.all([run(id, 'tenacious'), start(id, 'tenacious')]);
        expect(second).toEqual(handle);
        expect(await builders.find(id, node)).toEqual(handle);
        const pids: number[] = [];
        for (const who of ['daemon', 'in a session of its own', 'grandchild', 'ready']) {
          pids.push(Number(await recorder.finds(id, new RegExp(`${who} (\\d+)\n`))));
        }
        expect(await builders.stop(id, node)).toBe(true);
        for (const pid of pids) expect(await isRunning(pid)).toBe(false);
        expect(await recorder.end(id)).toEqual({ kind: 'lost', detail: 'the job was stopped' });
        expect(await builders.stop(id, node)).toBe(true);
        expect(await statesOf(id)).toBe('CANCELLED');
      });
    }

    it.concurrent('tells a failed build, and one without a script', async ({ expect }) => {
      const { builders, recorder, run, id } = open();
      const handle = await run(id, 'failing');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 3 });
      expect((await builders.results(id, handle)).result).toContain('FAILURE');
      const bare = nextId++;
      const without = await run(bare, 'bare');
      expect(await recorder.end(bare)).toEqual({ kind: 'exited', code: 127 });
      expect((await builders.results(bare, without)).steps).toMatchObject({ build: null });
    });

    it.concurrent('knows what it needs and nothing of the login node', async ({ expect }) => {
      const { recorder, run, id } = open([], {}, slurmWith({ LEAK: 'hunter2' }));
      const handle = await run(id, 'environment');
      await recorder.end(id);
      const log = recorder.text(id);
      expect(log).toContain(`SLURM_JOB_ID=${idOf(handle)}\n`);
      expect(log).toContain('\n0\n'); // lines of its environment with hunter2
      expect(log).toContain('pr_number = 7');
    });

    const slurmWith = (env: Record<string, string>): Transport => ({
      ...here,
      exec: (argv, options) =>
        here.exec(['env', ...Object.entries(env).map((pair) => pair.join('=')), ...argv], options),
    });

    it.concurrent('is found by a new process of the bot, and told to the end', async ({ expect }) => {
      const go = join(slurm.root, `go-${nextId}`);
      const before = open();
      const { id } = before;
      const handle = await before.run(id, 'waiting', { GO: go });
      await before.recorder.finds(id, /started/);
      await before.builders.close();
      const after = open();
      expect(await after.builders.find(id, node)).toEqual(handle);
      after.builders.follow({ buildId: id, handle, logOffset: before.recorder.bytes(id).length });
      await writeFile(go, '');
      expect(await after.recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(after.recorder.text(id)).toBe('finished\n');
    });

    it.concurrent('is found when the answer of sbatch was lost', async ({ expect }) => {
      const { builders, recorder, start, id } = open();
      const handle = await start(id, 'unchecked');
      // As if the connection had been cut while sbatch ran.
      await here.exec(['rm', join(handle.directory, 'submitted')], { timeoutMs: 5_000 });
      expect(await builders.find(id, node)).toEqual(handle);
      expect(await start(id, 'unchecked')).toEqual(handle);
      builders.follow({ buildId: id, handle, logOffset: 0 });
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect((await statesOf(id)).split('\n')).toHaveLength(1);
    });

    it.concurrent('has one true end when somebody cancels it in Slurm', async ({ expect }) => {
      const { builders, recorder, run, id } = open();
      const handle = await run(id, 'waiting', { GO: '/never' });
      const pid = Number(await recorder.finds(id, /started (\d+)/));
      await slurm.run('scancel', idOf(handle));
      const end = {
        kind: 'lost',
        cause: 'person',
        detail: 'the job was cancelled in Slurm, not by a command of this bot',
      };
      expect(await recorder.end(id)).toEqual(end);
      await expect.poll(() => isRunning(pid)).toBe(false);
      const later = open();
      later.builders.follow({ buildId: id, handle, logOffset: 0 });
      expect(await later.recorder.end(id)).toEqual(end);
      expect(await builders.find(id, node)).toEqual(handle);
    });

    it.concurrent('ends at its own time limit', async ({ expect }) => {
      const { recorder, run, id } = open([], { timeLimitSeconds: 1 });
      await run(id, 'waiting', { GO: '/never' });
      expect(await recorder.end(id)).toEqual({ kind: 'timed-out', limitSeconds: 1 });
      expect(recorder.text(id)).toContain('the time limit of 1 seconds is over');
    });

    it.concurrent('ends at Slurm’s time limit', { timeout: 120_000 }, async ({ expect }) => {
      const { recorder, run, id } = open([], { timeLimitSeconds: 3600 });
      const handle = await run(id, 'waiting', { GO: '/never' });
      await recorder.finds(id, /started/);
      await slurm.run('scontrol', 'update', `JobId=${idOf(handle)}`, 'EndTime=now+1');
      expect(await recorder.end(id)).toEqual({ kind: 'timed-out', limitSeconds: 3600 });
      expect(await statesOf(id)).toBe('TIMEOUT');
    });

    it.concurrent('is told why it waits, and that it waits no more', async ({ expect }) => {
      const reasons: (string | null)[] = [];
      const { builders, recorder, start, id } = open(['--partition=n1']);
      recorder.waiting = async (_id, reason) => void reasons.push(reason);
      await slurm.run('scontrol', 'update', 'PartitionName=n1', 'State=DOWN');
      const handle = await start(id, 'unchecked');
      builders.follow({ buildId: id, handle, logOffset: 0 });
      await expect.poll(() => reasons).toContain('its partition is down');
      await slurm.run('scontrol', 'update', 'PartitionName=n1', 'State=UP');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
    });

    it.concurrent('is cancelled when it would wait for ever', async ({ expect }) => {
      const { recorder, run, id } = open(['--partition=short'], { timeLimitSeconds: 3600 });
      await run(id, 'unchecked');
      expect(await recorder.end(id)).toEqual({
        kind: 'lost',
        cause: 'configuration',
        detail: expect.stringMatching(/^Slurm would never start it: .* \(Partition(?:TimeLimit|Config)\)$/),
      });
      await expect.poll(() => statesOf(id)).toBe('CANCELLED');
    });

    it.concurrent('is refused in the words of sbatch', async ({ expect }) => {
      for (const [option, words] of [
        ['--constraint=nope', 'Invalid feature specification'],
        ['--partition=nope', 'invalid partition specified: nope'],
        ['--mem=999999', 'Memory specification can not be satisfied'],
        ['--begin-with', "unrecognized option '--begin-with'"],
      ] as const) {
        const { start, id } = open([option]);
        const refused = start(id, 'unchecked');
        await expect(refused).rejects.toThrow(Permanent);
        await expect(refused).rejects.toThrow(words);
      }
    });

    it.concurrent('is not built twice when Slurm starts it a second time', async ({ expect }) => {
      const { recorder, run, id } = open();
      const handle = await run(id, 'waiting', { GO: '/never' });
      await recorder.finds(id, /started/);
      await slurm.run('scontrol', 'update', `JobId=${idOf(handle)}`, 'Requeue=1');
      await slurm.run('scontrol', 'requeue', idOf(handle));
      // It may start again when the credentials of the first start have expired.
      expect(await recorder.end(id)).toEqual({
        kind: 'lost',
        cause: 'infrastructure',
        detail:
          'Slurm started the job a second time after its first start was cut off; it was not built twice',
      });
      expect(recorder.text(id).match(/started/g)).toHaveLength(1);
    }, 60_000);

    it.concurrent('is not started when it was stopped before', async ({ expect }) => {
      const { builders, start, id } = open();
      expect(await builders.stop(id, node)).toBe(true);
      await expect(start(id, 'success')).rejects.toThrow(Permanent);
      expect(await builders.find(id, node)).toBeNull();
      expect(await statesOf(id)).toBe('');
    });

    onNodes({ slurm: () => slurm, open });
    ends({ slurm: () => slurm, open, idOf });
  });

  it('loses no job and no line when the login node’s sshd is killed and comes back', async () => {
    const go = join(slurm.root, 'go-ssh');
    const { builders, recorder, run, id } = open([], {}, far);
    const handle = await run(id, 'waiting', { GO: go });
    const pid = Number(await recorder.finds(id, /started (\d+)/));
    await ssh.crash();
    await writeFile(go, '');
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(recorder.hasEnded(id)).toBe(false);
    await ssh.restart();
    expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
    expect(recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
    expect((await builders.results(id, handle)).steps).toMatchObject({ build: 0 });
  });

  withoutController({ slurm: () => slurm, open: () => open(), newId: () => nextId++, idOf });
});
