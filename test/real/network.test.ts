import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sshTransport } from '../../src/transport/ssh.ts';
import { isRunning, openJobBench, silent } from '../harness/job-bench.ts';
import { openNetwork } from '../harness/network.ts';
import { openSshMissing, startOpenSsh } from '../harness/openssh.ts';

// It takes an sshd and the right to make networks, which few but root have; in CI both must be there.
describe('a build node behind a network', () => {
  const name = 'loses no job and no line of a build when it is cut for a minute';
  it(name, { timeout: 150_000 }, async ({ skip }) => {
    const network = openSshMissing() ? 'install openssh-server' : await openNetwork();
    if (typeof network === 'string') return skip(network);
    const ssh = await startOpenSsh(network);
    const transport = sshTransport({ ...ssh, identity: { privateKey: ssh.privateKey }, log: silent });
    const { builders, recorder, run } = openJobBench({ transport, jobsDir: join(ssh.root, 'jobs') });
    try {
      const go = join(ssh.root, 'go');
      const handle = await run(1, 'waiting', { GO: go });
      const pid = Number(await recorder.finds(1, /started (\d+)/));
      await network.cut();
      // A minute is what is promised, and what keepalive, back-off and being set aside are to be seen in.
      const minute = delay(60_000);
      await expect.poll(() => transport.health().state, { timeout: 60_000 }).toBe('unreachable');
      await writeFile(go, '');
      await expect.poll(() => isRunning(pid)).toBe(false);
      await minute;
      expect(recorder.hasEnded(1)).toBe(false);
      await network.mend();
      expect(await recorder.end(1)).toEqual({ kind: 'exited', code: 0 });
      expect(recorder.text(1)).toMatch(/^started \d+\nfinished\n$/);
      expect((await builders.results(1, handle)).steps).toMatchObject({ build: 0 });
    } finally {
      await builders.close();
      await transport.close();
      await ssh.close();
      await network.close();
    }
  });
});
