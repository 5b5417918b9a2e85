/** The CernVM-FS publisher through OpenSSH and the forced command that the manual gives. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sshTransport } from '../../src/transport/ssh.ts';
import { cvmfsBench, cvmfsDeploy, software } from '../harness/cvmfs-server/bench.ts';
import { silent } from '../harness/log.ts';
import { openSshMissing, startOpenSsh } from '../harness/openssh.ts';

const MANUAL = new URL('../../docs/manual/cvmfs.md', import.meta.url);

// A laptop need not have an sshd; in CI the test runs, and fails without it.
test.runIf(!openSshMissing())('a deploy is published through the gate of the manual', async () => {
  const bench = await cvmfsBench();
  const ssh = await startOpenSsh();
  const transport = sshTransport({ ...ssh, identity: { privateKey: ssh.privateKey }, log: silent });
  try {
    const [, script = ''] =
      /```sh\n(#!\/bin\/sh\n# \S+stratobot-gate[\s\S]*?)```/.exec(await readFile(MANUAL, 'utf8')) ?? [];
    const gate = join(ssh.root, 'gate');
    const trace = join(ssh.root, 'passed');
    await writeFile(gate, script.replace('\nexec', `\necho passed >>${trace}\nexec`), { mode: 0o755 });
    const keys = join(ssh.root, 'authorized_keys');
    await writeFile(keys, `restrict,command="${gate}" ${await readFile(keys, 'utf8')}`);

    const deploy = cvmfsDeploy(bench.cvmfs, 7, software('x86_64/amd/zen2', 'GROMACS'));
    expect(await bench.publisher({ transport }).publish(deploy)).toMatchObject({ revision: 3, files: 2 });
    expect(bench.cvmfs.state().tags.at(-1)).toMatchObject({ name: 'stratobot-7' });
    expect((await readFile(trace, 'utf8')).split('\n').length).toBeGreaterThan(10);
  } finally {
    await transport.close();
    await ssh.close();
    await bench.close();
  }
});
