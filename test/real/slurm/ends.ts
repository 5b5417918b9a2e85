/** A part of slurm.test.ts, which starts the Slurm: ends that Slurm puts to a job. */
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'vitest';
import type { EndCause } from '../../../src/builders/slurm-states.ts';
import type { JobBench } from '../../harness/job-bench.ts';
import type { Slurm } from '../../harness/slurm.ts';

/** Registers the tests, which run beside others. BOOT_FAIL, control groups and accounting are not among them: see docs/development.md. */
export function ends({
  slurm,
  open,
  idOf,
}: {
  slurm(): Slurm;
  /** Builders with these options of sbatch, and the id of a build. */
  open(options?: string[]): JobBench & { id: number };
  /** The id that Slurm gave a job. */
  idOf(handle: { job: string }): string;
}): void {
  const cases: {
    end: string;
    options: string[];
    job?: string;
    /** What makes it end so, once it has started; or, where it never starts, once it was submitted. */
    by?: (id: string) => Promise<unknown>;
    starts: boolean;
    /** What is written down, if not Slurm's own word. */
    record?: string;
    cause: EndCause;
    sentence: string;
  }[] = [
    {
      end: 'FAILED',
      options: ['--partition=zen2'],
      by: (id) => slurm().run('scancel', '--signal=KILL', '--batch', id),
      starts: true,
      cause: 'infrastructure',
      sentence: 'the job failed in Slurm before it could leave an exit status',
    },
    {
      // A Slurm that watches memory by asking now and then has no word of its own for it.
      end: 'FAILED',
      options: ['--partition=zen2', '--acctg-freq=task=1'],
      job: 'greedy',
      starts: true,
      record: 'OUT_OF_MEMORY',
      cause: 'memory',
      sentence: 'the job needed more memory than Slurm had given it',
    },
    {
      end: 'PREEMPTED',
      options: ['--partition=odd', '--exclusive'],
      by: () =>
        slurm().run(
          'sbatch',
          '--partition=first',
          '--mem=20',
          '--exclusive',
          '--output=/dev/null',
          '--wrap=true',
        ),
      starts: true,
      cause: 'infrastructure',
      sentence: 'Slurm ended the job to make room for another one',
    },
    {
      end: 'DEADLINE',
      options: ['--partition=late'],
      by: async (id) => {
        await slurm().run('scontrol', 'update', `JobId=${id}`, 'Deadline=now+30');
        await slurm().run('scontrol', 'update', 'PartitionName=late', 'State=UP');
      },
      starts: false,
      cause: 'time',
      sentence: 'Slurm ended the job at its deadline',
    },
    {
      // Of a prolog that fails Slurm says no more than that.
      end: 'CANCELLED',
      options: ['--partition=ill'],
      starts: false,
      record: 'NOT_LAUNCHED',
      cause: 'infrastructure',
      sentence:
        'Slurm cancelled the job as its compute node could not start it, or somebody cancelled it just then',
    },
    {
      // So Slurm 22.05 calls it when a node of a cloud does not come up.
      end: 'NODE_FAIL',
      options: ['--partition=cloud'],
      starts: false,
      record: 'NO_NODE',
      cause: 'infrastructure',
      sentence: 'the compute node failed, or was not up in time, before the job started',
    },
  ];
  for (const { end, options, job = 'waiting', by, starts, record = end, cause, sentence } of cases) {
    const which = record === end ? '' : `, which means ${record} here`;
    it.concurrent(`ends as ${end}${which}`, { timeout: 120_000 }, async ({ expect }) => {
      const { recorder, run, id } = open(options);
      const handle = await run(id, job, { GO: '/never' });
      if (starts) await recorder.finds(id, /started/);
      await by?.(idOf(handle));
      expect(await recorder.end(id)).toEqual({ kind: 'lost', cause, detail: sentence });
      const shown = await slurm().run('scontrol', '--oneliner', 'show', 'job', idOf(handle));
      expect(shown).toContain(` JobState=${end} `);
      expect(await readFile(join(handle.directory, 'exit'), 'utf8')).toBe(`slurm ${record}\n`);
      const began = await readlink(join(handle.directory, 'handle')).catch(() => 'never');
      expect(began).toMatch(starts ? /^slurm:/ : /^never$/);
    });
  }
}
