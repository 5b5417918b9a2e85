/** A part of slurm.test.ts, which starts the Slurm: compute nodes that fail under a job. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'vitest';
import { isRunning, type JobBench } from '../../harness/job-bench.ts';
import type { Slurm } from '../../harness/slurm.ts';

const node = 'zen2/n1';

/** Registers the tests, each with a node of its own. */
export function onNodes({
  slurm,
  open,
}: {
  slurm(): Slurm;
  /** Builders with these options of sbatch, and the id of a build. */
  open(options?: string[]): JobBench & { id: number };
}): void {
  it.concurrent('goes on while the slurmd of its node is killed and started again', async ({ expect }) => {
    const go = join(slurm().root, 'go-slurmd');
    const { builders, recorder, run, id } = open(['--partition=n1']);
    const handle = await run(id, 'waiting', { GO: go });
    await recorder.finds(id, /started/);
    await slurm().killNode('n1');
    await slurm().startNode('n1');
    await writeFile(go, '');
    expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
    expect(recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
    expect((await builders.results(id, handle)).steps).toMatchObject({ build: 0 });
  });

  it.concurrent('has one true end when its node is set down', { timeout: 120_000 }, async ({ expect }) => {
    const { builders, recorder, run, id } = open(['--partition=down']);
    const handle = await run(id, 'waiting', { GO: '/never' });
    const pid = Number(await recorder.finds(id, /started (\d+)/));
    await slurm().run('scontrol', 'update', 'NodeName=down', 'State=DOWN', 'Reason=test');
    expect(await recorder.end(id)).toEqual({
      kind: 'lost',
      cause: 'infrastructure',
      detail: 'the compute node failed while the job ran',
    });
    expect(await readFile(join(handle.directory, 'exit'), 'utf8')).toBe('slurm NODE_FAIL\n');
    expect(await builders.stop(id, node)).toBe(true);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it.concurrent('has one true end when the slurmd of its node is killed', {
    timeout: 120_000,
  }, async ({ expect }) => {
    const { builders, recorder, run, id } = open(['--partition=zen3']);
    const handle = await run(id, 'waiting', { GO: '/never' });
    await recorder.finds(id, /started/);
    await slurm().killNode('zen3');
    const end = {
      kind: 'lost',
      cause: 'infrastructure',
      detail: 'the compute node failed while the job ran',
    };
    expect(await recorder.end(id)).toEqual(end);
    await slurm().startNode('zen3');
    const later = open();
    later.builders.follow({ buildId: id, handle, logOffset: 0 });
    expect(await later.recorder.end(id)).toEqual(end);
    expect(await builders.stop(id, node)).toBe(true);
    expect(await readFile(join(handle.directory, 'exit'), 'utf8')).toBe('slurm NODE_FAIL\n');
  });
}
