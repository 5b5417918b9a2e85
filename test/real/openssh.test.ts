import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { isRunning, openJobBench, silent } from '../harness/job-bench.ts';
import { type OpenSsh, openSshMissing, startOpenSsh } from '../harness/openssh.ts';

const name = openSshMissing() ? 'OpenSSH (skipped: install openssh-server)' : 'OpenSSH';

// A laptop need not have an sshd; in CI the tests run, and fail without it.
describe.runIf(!openSshMissing())(`builders over ${name}`, () => {
  let ssh: OpenSsh;
  let transport: Transport;
  const closing: (() => Promise<void>)[] = [];
  const open = () => {
    const bench = openJobBench({ transport, jobsDir: join(ssh.root, 'jobs') });
    closing.push(() => bench.builders.close());
    return bench;
  };
  beforeAll(async () => {
    ssh = await startOpenSsh();
    transport = sshTransport({ ...ssh, identity: { privateKey: ssh.privateKey }, log: silent });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(async () => {
    await transport.close();
    await ssh.close();
  });

  it('runs a job from its start to its artifact', async () => {
    const { builders, recorder, run } = open();
    const handle = await run(1, 'success');
    expect(await recorder.end(1)).toEqual({ kind: 'exited', code: 0 });
    const results = await builders.results(1, handle);
    expect(results.steps).toEqual({ build: 0, 'check-build': 0, test: 5, 'check-test': 0 });
    const tarball = 'eessi-2025.06-software-linux-x86_64-amd-zen2-17796967460.tar.zst';
    expect(await text(await builders.openArtifact(handle, tarball))).toBe('a tarball\n');
  });

  it('carries a long log byte by byte', async () => {
    const { recorder, run } = open();
    await run(2, 'noisy');
    expect(await recorder.end(2)).toEqual({ kind: 'exited', code: 0 });
    expect(recorder.bytes(2).length).toBeGreaterThan(5_000_000);
    expect(recorder.text(2).endsWith('the last line\n')).toBe(true);
  });

  it('stops a job and its daemons', async () => {
    const { builders, recorder, run } = open();
    await run(3, 'tenacious');
    const pids: number[] = [];
    for (const who of ['daemon', 'grandchild', 'ready']) {
      pids.push(Number(await recorder.finds(3, new RegExp(`${who} (\\d+)\n`))));
    }
    expect(await builders.stop(3, 'zen2/n1')).toBe(true);
    for (const pid of pids) expect(await isRunning(pid)).toBe(false);
  });

  it('starts twenty jobs at once over one connection', async () => {
    const { recorder, run } = open();
    const ids = Array.from({ length: 20 }, (_, index) => 100 + index);
    await Promise.all(ids.map((id) => run(id, 'unchecked')));
    for (const id of ids) expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
  });

  it('keeps a job, and loses nothing of it, when sshd is killed and comes back', async () => {
    const go = join(ssh.root, 'go');
    const { builders, recorder, run } = open();
    const handle = await run(4, 'waiting', { GO: go });
    const pid = Number(await recorder.finds(4, /started (\d+)/));
    await ssh.crash();
    await expect(transport.exec(['true'], { timeoutMs: 5_000 })).rejects.toThrow(Retryable);
    expect(await isRunning(pid)).toBe(true);
    await writeFile(go, '');
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(recorder.hasEnded(4)).toBe(false);
    await ssh.restart();
    expect(await recorder.end(4)).toEqual({ kind: 'exited', code: 0 });
    expect(recorder.text(4)).toMatch(/^started \d+\nfinished\n$/);
    expect((await builders.results(4, handle)).steps).toMatchObject({ build: 0 });
  });

  it('errors a transfer that sshd does not survive, so that half a tarball is never a whole one', async () => {
    const stream = await transport.stream(['sh', '-c', 'echo half; exec sleep 5'], { timeoutMs: 20_000 });
    await new Promise((resolve) => stream.once('data', resolve));
    await ssh.crash();
    await expect(buffer(stream)).rejects.toThrow(Retryable);
    await ssh.restart();
  });
});
