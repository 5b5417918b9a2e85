/** A part of slurm.test.ts, which starts the Slurm: one is enough for both. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Retryable } from '../../../src/domain/errors.ts';
import { isRunning, type JobBench } from '../../harness/job-bench.ts';
import type { Slurm } from '../../harness/slurm.ts';

const node = 'zen2/n1';

/** The Slurm of the tests, once it is started, and builders on it. */
interface SlurmBench {
  slurm(): Slurm;
  /** Builders of a pool on it, and the id of a build. */
  open(): JobBench & { id: number };
  /** The id of one more build. */
  newId(): number;
  /** The id that Slurm gave a job. */
  idOf(handle: { job: string }): string;
}

/** Registers the tests that take the controller away; they cannot run beside others. */
export function withoutController({ slurm, open, newId, idOf }: SlurmBench): void {
  describe('without its controller', () => {
    it('a job goes on, and is told to its end; nothing is declared lost', { timeout: 90_000 }, async () => {
      const go = join(slurm().root, 'go-on');
      const { builders, recorder, run, start, id } = open();
      const handle = await run(id, 'waiting', { GO: go });
      await recorder.finds(id, /started/);
      await slurm().killController();
      const other = newId();
      await expect(start(other, 'unchecked')).rejects.toThrow(Retryable);
      expect(await builders.stop(other, node)).toBe(false);
      expect(recorder.hasEnded(id)).toBe(false);
      await writeFile(go, '');
      expect(await recorder.end(id)).toEqual({ kind: 'exited', code: 0 });
      await slurm().startController();
      expect(recorder.text(id)).toMatch(/^started \d+\nfinished\n$/);
      expect((await builders.results(id, handle)).steps).toMatchObject({ build: 0 });
      expect(await builders.stop(other, node)).toBe(true);
    });

    it('a job that it forgot has one true end, though its id is given to another', {
      timeout: 90_000,
    }, async () => {
      const { recorder, run, start, id } = open();
      const handle = await slurm().forgetting(async () => {
        await slurm().run('scontrol', 'update', 'NodeName=zen2', 'State=DRAIN', 'Reason=test');
        return start(id, 'success');
      });
      const other = newId();
      const second = await run(other, 'success');
      expect(idOf(second)).toBe(idOf(handle));
      await run(id, 'success');
      expect(await recorder.end(other)).toEqual({ kind: 'exited', code: 0 });
      expect(await recorder.end(id)).toEqual({
        kind: 'lost',
        cause: 'infrastructure',
        detail: 'Slurm lost the job before it started',
      });
    });

    it('a job that it forgot while it ran has one true end, and is not built twice', {
      timeout: 90_000,
    }, async () => {
      const { builders, recorder, run, start, id } = open();
      const handle = await slurm().forgetting(async () => {
        const handle = await run(id, 'waiting', { GO: '/never' });
        await recorder.finds(id, /started/);
        return handle;
      });
      expect(await recorder.end(id)).toEqual({
        kind: 'lost',
        cause: 'infrastructure',
        detail: 'Slurm does not know the job any more, and it left no exit status',
      });
      expect(await start(id, 'waiting', { GO: '/never' })).toEqual(handle);
      const pid = Number(await recorder.finds(id, /started (\d+)/));
      await expect.poll(() => isRunning(pid)).toBe(false);
      expect(await builders.stop(id, node)).toBe(true);
      expect(recorder.text(id).match(/started/g)).toHaveLength(1);
    });
  });
}
