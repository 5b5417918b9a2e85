import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { openJobBench, sourceOf } from '../harness/job-bench.ts';

const LIMIT_BYTES = 64 * 1024 * 1024;

/** A control group with little memory, or why there is none. */
async function smallGroup(): Promise<{ path: string } | string> {
  const v1 = existsSync('/sys/fs/cgroup/memory');
  const path = join('/sys/fs/cgroup', v1 ? 'memory' : '', `stratobot-test-${process.pid}`);
  try {
    await mkdir(path);
    await writeFile(join(path, v1 ? 'memory.limit_in_bytes' : 'memory.max'), String(LIMIT_BYTES));
    return { path };
  } catch (error) {
    await rmdir(path).catch(() => {});
    return `no control group can be made here: ${String(error)}`;
  }
}

const group = await smallGroup();
const why = typeof group === 'string' ? ` (skipped: ${group})` : '';

describe(`builders: memory${why}`, () => {
  afterAll(async () => {
    // Once the job's runner, which has just told the end, is gone as well.
    if (typeof group !== 'string') await vi.waitFor(() => rmdir(group.path), { timeout: 10_000 });
  });

  // Needs the control group, too.
  it.runIf(why === '')(
    'keeps the limit of the pool with systemd-run, and says where it is not kept',
    async () => {
      if (typeof group === 'string') throw new Error(group);
      const root = await mkdtemp(join(tmpdir(), 'stratobot-memory-'));
      const bin = join(root, 'bin');
      await mkdir(join(root, 'tree/bot'), { recursive: true });
      await writeFile(
        join(root, 'tree/bot/build.sh'),
        'head -c 300000000 /dev/zero | tail -n 1 | wc -c; exit 4',
      );
      await mkdir(bin);
      // Does what systemd does of a scope: puts the process into a group with that limit, and becomes the command.
      const standIn = `#!/bin/sh
case " $* " in *" -p MemoryMax=${LIMIT_BYTES} "*) ;; *) exit 1 ;; esac
while :; do case $1 in -p) shift 2 ;; --*) shift ;; *) break ;; esac; done
echo $$ >${group.path}/cgroup.procs && exec "$@"
`;
      await writeFile(join(bin, 'systemd-run'), standIn, { mode: 0o755 });
      const here = localTransport();
      const withPath: Transport = {
        ...here,
        exec: (argv, options) => here.exec(['env', `PATH=${bin}:${process.env.PATH}`, ...argv], options),
      };
      const pool = (memoryBytes: number) => ({
        scheduler: { kind: 'process' as const, memoryBytes, ionice: 7 },
      });
      const jobsDir = join(root, 'jobs');
      const benches = [LIMIT_BYTES, 2 * LIMIT_BYTES].map((bytes) =>
        openJobBench({ transport: withPath, jobsDir, pool: pool(bytes) }),
      );
      const unlimited = "stratobot: the pool's memory limit does not hold here";
      try {
        for (const [index, { recorder, run }] of benches.entries()) {
          const id = 8002 + index;
          await run(id, sourceOf(join(root, 'tree')));
          expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 4 });
          const killed = recorder
            .text(id)
            .includes('stratobot: out of memory, the kernel killed 1 process(es)');
          expect([killed, recorder.text(id).includes(unlimited)]).toEqual([index === 0, index === 1]);
        }
      } finally {
        for (const { builders } of benches) await builders.close();
        await here.close();
        await rm(root, { recursive: true, force: true });
      }
    },
  );

  // Making a control group takes rights that not everybody has; the name says what was refused.
  it.runIf(why === '')('says in the log that a job had too little of it', async () => {
    if (typeof group === 'string') throw new Error(group);
    const root = await mkdtemp(join(tmpdir(), 'stratobot-memory-'));
    const here = localTransport();
    const inGroup = (argv: readonly string[]) => [
      ...['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', group.path],
      ...argv,
    ];
    const transport: Transport = {
      exec: (argv, options) => here.exec(inGroup(argv), options),
      stream: (argv, options) => here.stream(inGroup(argv), options),
      health: () => here.health(),
      close: () => here.close(),
    };
    await mkdir(join(root, 'tree/bot'), { recursive: true });
    await writeFile(
      join(root, 'tree/bot/build.sh'),
      'head -c 300000000 /dev/zero | tail -n 1 | wc -c; exit 4',
    );
    const { builders, recorder, run } = openJobBench({ transport, jobsDir: join(root, 'jobs') });
    try {
      await run(8001, sourceOf(join(root, 'tree')));
      expect(await recorder.end(8001)).toEqual({ kind: 'exited', code: 4 });
      expect(recorder.text(8001)).toContain(
        'stratobot: out of memory, the kernel killed 1 process(es) of the job\n',
      );
    } finally {
      await builders.close();
      await here.close();
      await rm(root, { recursive: true, force: true });
    }
  });
});
