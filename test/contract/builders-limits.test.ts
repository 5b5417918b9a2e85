import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localTransport } from '../../src/transport/local.ts';
import { openJobBench, sourceOf } from '../harness/job-bench.ts';

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

  it('prints 300 MB, of which the bot keeps a megabyte and holds little more', async () => {
    const logLimitBytes = 1024 * 1024;
    const jobsDir = join(root, 'jobs');
    const { builders, recorder, run } = openJobBench({
      transport: here,
      jobsDir,
      builders: { logLimitBytes },
    });
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    try {
      await run(8102, await tree('yes "a line of a log without end" | head -c 300000000'));
      expect(await recorder.end(8102)).toEqual({ kind: 'exited', code: 0 });
      expect(recorder.bytes(8102).length).toBeLessThan(logLimitBytes + 200);
      expect(most - before).toBeLessThan(100 * 1024 * 1024);
    } finally {
      clearInterval(watch);
      await builders.close();
    }
  });
});
