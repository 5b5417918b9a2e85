import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Follower } from '../../src/builders/follow.ts';
import type { JobState, Scheduler } from '../../src/builders/scheduler.ts';
import { slurmScheduler } from '../../src/builders/slurm-scheduler.ts';
import { Retryable } from '../../src/domain/errors.ts';
import type { Transport } from '../../src/ports.ts';
import { Recorder, silent } from '../harness/job-bench.ts';

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Command = 'observe' | 'squeue' | 'scontrol' | 'seal';

/** A login node by the letter: what its commands answer is set by the test, what is sealed is seen by the next look. */
function loginNode() {
  const ends = new Map<string, string>();
  const node = {
    /** By build id: what squeue says; a job that is not here it does not know. */
    queue: new Map<number, string>(),
    scontrol: '',
    /** Commands that never come back, until their time is over. */
    hangs: new Set<Command>(),
    /** Commands that fail this often. */
    fails: new Map<Command, number>(),
    asked: [] as Command[],
  };
  const answer = (command: Command, args: readonly string[]): string => {
    if (command === 'squeue')
      return [...node.queue].map(([id, state]) => `${id}|${state}|now|None|/jobs/x-b${id}/work\n`).join('');
    if (command === 'scontrol') return node.scontrol;
    if (command === 'seal') {
      const [directory = '', , record = ''] = args;
      if (!ends.has(directory)) ends.set(directory, record.replace(' ', ':'));
      return '';
    }
    return args
      .flatMap((arg) => (/^\/jobs\/[^/]+$/.test(arg) ? [`${ends.get(arg) ?? 'running'} 0 \n`] : []))
      .join('');
  };
  const transport: Transport = {
    async exec(argv, { timeoutMs }) {
      const script = argv[2] ?? '';
      const command: Command = script.includes('\nin_queue "$1"')
        ? 'squeue'
        : script.includes('sacct ')
          ? 'scontrol'
          : script.includes('# slurm-seal.sh')
            ? 'seal'
            : 'observe';
      node.asked.push(command);
      if (node.hangs.has(command)) {
        await new Promise((resolve) => setTimeout(resolve, timeoutMs));
        throw new Retryable(`${command} did not end`);
      }
      const failures = node.fails.get(command) ?? 0;
      node.fails.set(command, Math.max(0, failures - 1));
      const said = Buffer.from(failures > 0 ? '' : answer(command, argv.slice(4)));
      return { code: failures > 0 ? 1 : 0, stdout: said, stderr: Buffer.alloc(0) };
    },
    stream: () => Promise.reject(new Error('not here')),
    health: () => ({ state: 'connected', since: 0, detail: '', failures: 0, setAsideUntil: null }),
    close: async () => {},
  };
  const scheduler = slurmScheduler('n', transport, silent, { options: [] });
  /** Looks at these jobs every second, as a follower does: the last that was seen of each. */
  const look = async (ids: readonly number[], forMs: number): Promise<JobState[]> => {
    let seen: JobState[] = [];
    for (const end = Date.now() + forMs; Date.now() < end; await vi.advanceTimersByTimeAsync(1_000)) {
      const jobs = ids.map((id) => ({
        buildId: id,
        directory: `/jobs/x-b${id}`,
        job: `slurm:${id}:60`,
        offset: 0,
      }));
      seen = (await scheduler.observe(jobs)).map(({ state }) => state);
    }
    return seen;
  };
  const count = (command: Command) => node.asked.filter((one) => one === command).length;
  return { node, look, count };
}

const running: JobState = { kind: 'running', waiting: null, presumed: false };

it('a job that Slurm never finishes to end is lost after ten minutes', async () => {
  const { node, look } = loginNode();
  node.queue.set(1, 'COMPLETING');
  expect(await look([1], 9 * MINUTE)).toEqual([running]);
  expect(await look([1], 2 * MINUTE)).toEqual([
    {
      kind: 'lost',
      cause: 'infrastructure',
      detail: 'Slurm has been ending the job for more than ten minutes, and it left no exit status',
    },
  ]);
});

it('a scontrol that hangs keeps nobody from hearing of other jobs, and is asked again', async () => {
  const { node, look, count } = loginNode();
  node.queue.set(2, 'RUNNING');
  node.hangs.add('scontrol');
  expect((await look([1, 2], 10_000))[1]).toEqual(running);
  expect(count('scontrol')).toBe(1);
  node.queue.set(2, 'TIMEOUT');
  expect((await look([1, 2], 20_000))[0]).toMatchObject({ kind: 'running' });
  expect(count('observe')).toBe(30);
  node.hangs.delete('scontrol');
  expect(await look([1, 2], 2 * MINUTE)).toMatchObject([
    { kind: 'lost', detail: 'Slurm does not know the job any more, and it left no exit status' },
    { kind: 'timed-out', limitSeconds: 60 },
  ]);
});

it('an end that could not be written down is written down later', async () => {
  const { node, look, count } = loginNode();
  node.queue.set(1, 'NODE_FAIL');
  node.fails.set('seal', 3);
  expect(await look([1], MINUTE)).toMatchObject([{ detail: 'the compute node failed while the job ran' }]);
  expect(count('seal')).toBe(4);
});

it('while squeue hangs, or fails, a job is presumed to run, and no more', async () => {
  const { node, look } = loginNode();
  node.hangs.add('squeue');
  expect(await look([1], 5_000)).toEqual([{ kind: 'running', presumed: true }]);
  node.hangs.delete('squeue');
  node.queue.set(1, 'RUNNING');
  expect(await look([1], 3 * MINUTE)).toEqual([running]);
  node.hangs.add('squeue');
  expect(await look([1], 4 * MINUTE)).toEqual([running]);
  expect(await look([1], 3 * MINUTE)).toEqual([{ ...running, presumed: true }]);
  node.hangs.delete('squeue');
  node.fails.set('squeue', 20);
  expect(await look([1], 3 * MINUTE)).toEqual([{ ...running, presumed: true }]);
  expect(await look([1], 20 * MINUTE)).toEqual([running]);
});

it('a follower knows when a job was heard of, and since when it runs', async () => {
  vi.useRealTimers();
  let now = 100;
  let state: JobState = { kind: 'running', presumed: true };
  const looked = { times: 0 };
  const follower = new Follower({
    node: 'n',
    scheduler: {
      intervalMs: 1,
      observe: async () => {
        looked.times += 1;
        return [{ state, size: 0, chunk: Buffer.alloc(0) }];
      },
    } as unknown as Scheduler,
    listener: new Recorder(),
    log: silent,
    clock: { now: () => now },
    logLimitBytes: 1,
    crowd: () => 1,
  });
  /** What is known once it was looked at, at a time. */
  const seen = async (at: number, next: JobState) => {
    now = at;
    state = next;
    const before = looked.times;
    await expect.poll(() => looked.times).toBeGreaterThan(before + 2);
    return follower.seen(1);
  };
  expect(follower.seen(1)).toBeNull();
  follower.follow({ buildId: 1, directory: '/d', job: 'j', offset: 0 });
  expect(await seen(200, state)).toEqual({ heardAt: 100, ranAt: null });
  expect(await seen(300, { kind: 'running', waiting: 'waits for free nodes' })).toEqual({
    heardAt: 300,
    ranAt: null,
  });
  expect(await seen(400, running)).toEqual({
    heardAt: 400,
    ranAt: expect.toSatisfy((at) => at === 300 || at === 400),
  });
  expect(await seen(500, { ...running, presumed: true })).toMatchObject({
    heardAt: expect.toSatisfy((at) => at <= 500),
  });
  expect((await seen(600, running))?.heardAt).toBe(600);
  await follower.close();
});
