import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/ports.ts';
import { localTransport } from '../../src/transport/local.ts';
import { isRunning, openJobBench, sourceOf } from '../harness/job-bench.ts';

/** A disk of one megabyte, or why there is none. */
function smallDisk(folder: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return String(error);
  }
}

describe('builders: a job without measure', () => {
  let root: string;
  const here = localTransport();
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stratobot-limits-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  async function tree(script: string) {
    await mkdir(join(root, 'tree/bot'), { recursive: true });
    await writeFile(join(root, 'tree/bot/build.sh'), script);
    return sourceOf(join(root, 'tree'));
  }

  it('fills the disk, and its end says so', async ({ skip }) => {
    const jobsDir = join(root, 'jobs');
    await mkdir(jobsDir);
    const missing = smallDisk(jobsDir);
    // Mounting takes rights that few but root have.
    if (missing !== null) return skip(missing);
    const { builders, recorder, run } = openJobBench({ transport: here, jobsDir });
    try {
      await run(8101, await tree('head -c 9000000 /dev/zero > fill'));
      expect(await recorder.end(8101)).toMatchObject({ kind: 'exited' });
      expect(recorder.text(8101)).toContain(
        'stratobot: the disk of the jobs is full: No space left on device\n',
      );
    } finally {
      await builders.close();
      execFileSync('umount', ['--lazy', jobsDir]);
    }
  });

  it('prints 2 GB, of which the bot keeps a megabyte and carries little more, and leaves nothing running', async () => {
    const logLimitBytes = 1024 * 1024;
    const jobsDir = join(root, 'jobs');
    let carried = 0;
    const counted: Transport = {
      ...here,
      exec: async (argv, options) => {
        const answer = await here.exec(argv, options);
        carried += answer.stdout.length;
        return answer;
      },
    };
    const { builders, recorder, run } = openJobBench({
      transport: counted,
      jobsDir,
      builders: { logLimitBytes },
    });
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    try {
      // Zeros cost the kernel least; a daemon goes on printing when the script has ended.
      const daemon = 'setsid bash -c "while :; do echo still here; sleep 0.1; done" & echo "daemon $!"';
      await run(8102, await tree(`${daemon}; head -c 2000000000 /dev/zero`));
      const pid = Number(await recorder.finds(8102, /daemon (\d+)/));
      expect(await recorder.end(8102)).toEqual({ kind: 'exited', code: 0 });
      const log = await stat(join(jobsDir, 'test-b8102/work/slurm-8102.out'));
      expect(log.size).toBeGreaterThan(2_000_000_000);
      expect(recorder.bytes(8102).length).toBeLessThan(logLimitBytes + 200);
      expect(carried).toBeLessThan(3 * logLimitBytes); // base64, and a few words for each look
      await expect.poll(() => isRunning(pid)).toBe(false);
      expect(most - before).toBeLessThan(100 * 1024 * 1024);
    } finally {
      clearInterval(watch);
      await builders.close();
    }
  });
});
