import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { sshTransport } from '../../src/transport/ssh.ts';
import { type JobBench, openJobBench, silent } from './job-bench.ts';
import { newKey, type SshNode, startSshNode } from './ssh-node.ts';

type JobBenchOptions = Omit<Parameters<typeof openJobBench>[0], 'transport' | 'jobsDir'>;

/** What a test of jobs that are processes works with. */
export interface ProcessBench {
  /** A folder for the test's own files; shared by the tests of a `describe`. */
  root: string;
  jobsDir: string;
  node: SshNode;
  /** A build's id that no other test has. */
  id: number;
  /** One more of them. */
  newId(): number;
  /** Builders over the transport; closed after the test. */
  open(options?: JobBenchOptions): JobBench;
}

/**
 * Registers, in the `describe` that calls it, a node to run jobs on. Wraps each test that uses it. `newId` counts from a
 * number of the file's own: a job's processes are found by its build's id, and files run side by side.
 */
export function processBench(kind: 'local' | 'ssh', newId: () => number) {
  const key = newKey();
  let root: string;
  let jobsDir: string;
  let node: SshNode;
  let transport: Transport;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stratobot-builders-'));
    jobsDir = join(root, 'jobs');
    node = await startSshNode({ root, authorizedKey: key.public });
    transport =
      kind === 'local'
        ? localTransport()
        : sshTransport({ ...node, identity: { privateKey: key.private }, log: silent });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(async () => {
    await transport.close();
    await node.close();
    await rm(root, { recursive: true, force: true });
  });

  const open = (options: JobBenchOptions = {}) => {
    const bench = openJobBench({ transport, jobsDir, ...options });
    closing.push(() => bench.builders.close());
    return bench;
  };
  return (play: (bench: ProcessBench) => Promise<void>) => () =>
    play({ root, jobsDir, node, id: newId(), newId, open });
}
