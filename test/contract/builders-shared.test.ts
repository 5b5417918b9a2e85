import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { isRunning, openJobBench } from '../harness/job-bench.ts';
import { processBench } from '../harness/process-bench.ts';

let nextId = 9701;
const within = processBench('local', () => nextId++);
const node = 'zen2/n1';

/** This machine under another name, or started anew, for whoever asks with `uname` and `cat`. */
async function pretend(root: string, who: { name?: string; boot?: string }): Promise<Transport> {
  const folder = join(root, `machine-${who.name ?? ''}-${who.boot ?? ''}`);
  await mkdir(folder, { recursive: true });
  const program = async (name: string, body: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  };
  if (who.name) await program('uname', `echo ${who.name}`);
  if (who.boot)
    await program(
      'cat',
      `[ "$1" = /proc/sys/kernel/random/boot_id ] && echo ${who.boot} || exec /bin/cat "$@"`,
    );
  const here = localTransport();
  const disguised = (argv: readonly string[]) => ['env', `PATH=${folder}:${process.env.PATH}`, ...argv];
  return {
    ...here,
    exec: (argv, options) => here.exec(disguised(argv), options),
    stream: (argv, options) => here.stream(disguised(argv), options),
  };
}

const other = { name: 'other', boot: '00000000-0000-4000-8000-000000000001' };

it(
  'a job of another machine that shares the folder is not started again, and told to its end',
  within(async ({ open, root, jobsDir, id }) => {
    const go = join(root, `go-${id}`);
    const here = open();
    const handle = await here.start(id, 'waiting', { GO: go });
    const transport = await pretend(root, other);
    const there = openJobBench({ transport, jobsDir });
    try {
      expect(await there.run(id, 'waiting', { GO: go })).toEqual(handle);
      expect(await there.builders.find(id, node)).toEqual(handle);
      const pid = Number(await there.recorder.finds(id, /started (\d+)/));
      // It cannot be ended from there, and nothing is written that says so.
      expect(await there.builders.stop(id, node)).toBe(false);
      expect(await there.builders.remove(id, node)).toBe(false);
      expect(await isRunning(pid)).toBe(true);
      // Nobody there knows whether it runs: that is not taken for news of it.
      expect(there.builders.seen(id)?.ranAt).toBeNull();
      await writeFile(go, '');
      expect(await there.recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      expect(there.recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
      expect((await there.builders.results(id, handle)).steps).toMatchObject({ build: 0 });
      expect(await there.builders.remove(id, node)).toBe(true);
    } finally {
      await there.builders.close();
      await transport.close();
    }
  }),
);

it(
  'a machine that was started anew under the same name has lost its job',
  within(async ({ open, root, jobsDir, id }) => {
    const here = open();
    const handle = await here.start(id, 'waiting', { GO: '/never' });
    const transport = await pretend(root, { boot: other.boot });
    const later = openJobBench({ transport, jobsDir });
    try {
      later.builders.follow({ buildId: id, handle, logOffset: 0 });
      expect(await later.recorder.end(id)).toEqual({
        kind: 'lost',
        detail: 'the node was restarted while the job ran',
      });
    } finally {
      await later.builders.close();
      await transport.close();
      await here.builders.stop(id, node);
    }
  }),
);
