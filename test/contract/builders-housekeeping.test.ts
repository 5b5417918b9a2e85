import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/domain/errors.ts';
import { localTransport } from '../../src/transport/local.ts';
import { isRunning, openJobBench, sourceOf } from '../harness/job-bench.ts';

const node = 'zen2/n1';

describe('builders: housekeeping', () => {
  let root: string;
  let jobsDir: string;
  const transport = localTransport();
  const closing: (() => Promise<void>)[] = [];
  const open = (options: Partial<Parameters<typeof openJobBench>[0]> = {}) => {
    const bench = openJobBench({ transport, jobsDir, ...options });
    closing.push(() => bench.builders.close());
    return bench;
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stratobot-housekeeping-'));
    jobsDir = join(root, 'jobs');
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await rm(root, { recursive: true, force: true });
  });

  it('removes the directory of a build, with what it closed, and nothing beside it', async () => {
    const tree = join(root, 'tree');
    await mkdir(join(tree, 'bot'), { recursive: true });
    await writeFile(
      join(tree, 'bot/build.sh'),
      `mkdir -p a/b && touch a/b/c && chmod 500 a && ln -s ${root} out`,
    );
    const { builders, recorder, run } = open();
    await run(7001, sourceOf(tree));
    await run(7002, 'unchecked');
    await recorder.end(7001);
    await recorder.end(7002);
    expect(await builders.remove(7001, node)).toBe(true);
    expect(await readdir(jobsDir)).toEqual(['test-b7002']);
    await access(tree);
    expect(await builders.remove(7001, node)).toBe(true);
    expect(await readdir(jobsDir)).toEqual(['test-b7002']);
  });

  it('ends what still runs of a build before it removes its directory', async () => {
    const { builders, recorder, run } = open();
    await run(7003, 'waiting', { GO: '/never' });
    const pid = Number(await recorder.finds(7003, /started (\d+)/));
    expect(await builders.remove(7003, node)).toBe(true);
    expect(await isRunning(pid)).toBe(false);
    expect(await readdir(jobsDir)).toEqual([]);
  });

  it('goes on with what was removed by half, and follows no link', async () => {
    const { builders } = open();
    await mkdir(join(jobsDir, 'test-b7004.removed/work'), { recursive: true });
    expect(await builders.remove(7004, node)).toBe(true);
    expect(await readdir(jobsDir)).toEqual([]);
    await mkdir(join(root, 'precious'));
    await symlink(join(root, 'precious'), join(jobsDir, 'test-b7005.removed'));
    await expect(builders.remove(7005, node)).rejects.toThrow(Retryable);
    await access(join(root, 'precious'));
  });

  it('says how much room a node has, also before there was a job', async () => {
    const { builders } = open();
    const [space] = await builders.space();
    if (space === undefined || 'error' in space) throw new Error('no room is told');
    expect(space.node).toBe(node);
    expect(space.freeBytes).toBeGreaterThan(0);
    expect(space.totalBytes).toBeGreaterThanOrEqual(space.freeBytes);
  });

  it('lets others on the node go first, where the site says so', async () => {
    const { recorder, run } = open({ pool: { scheduler: { kind: 'process', nice: 7 } } });
    await run(7006, 'waiting', { GO: join(root, 'go') });
    const pid = await recorder.finds(7006, /started (\d+)/);
    const own = Number((await readFile('/proc/self/stat', 'utf8')).split(' ')[18]);
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    expect(Number(fields[16])).toBe(Math.min(19, own + 7));
    await writeFile(join(root, 'go'), '');
    await recorder.end(7006);
  });
});
