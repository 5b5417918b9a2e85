import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { Job } from '../../src/ports/queue.ts';
import { type OpenQueue, openQueue } from '../../src/queue/queue.ts';
import { collector } from '../harness/collector.ts';
import { recordingLog } from '../harness/log.ts';
import {
  freePort,
  hasRedis,
  postgresServer,
  type QueueServer,
  redisServer,
} from '../harness/queue-servers.ts';

const build: Job = { kind: 'build', buildId: 7 };

// A laptop need not have Redis; the build service must, or its suite would be skipped unseen.
test.runIf(process.env.CI === 'true')('the build service has Redis', () => expect(hasRedis).toBe(true));

describe('on PostgreSQL', () => contract(postgresServer));
describe.runIf(hasRedis)('on Redis', () => contract(redisServer)); // skipped without a redis-server

function contract(startServer: () => Promise<QueueServer>) {
  let server: QueueServer;
  const opened: OpenQueue[] = [];
  let log: ReturnType<typeof recordingLog>;

  beforeEach(async () => {
    log = recordingLog();
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close({ drainTimeoutMs: 0 })));
    await server.stop();
  });

  const open = async (concurrency = 4, onReturn?: () => void): Promise<OpenQueue> => {
    const options = { ...server.connection, log, concurrency, ...(onReturn ? { onReturn } : {}) };
    const queue = await openQueue(options);
    opened.push(queue);
    return queue;
  };

  test('a job reaches the handler as it was added', async () => {
    const { queue, work } = await open();
    const jobs: Job[] = [
      { kind: 'delivery', guid: '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
      { kind: 'deliveries', guids: ['72d3162e-cc78-11e3-81ab-4c9367dc0959', 'g2'] },
      build,
      { kind: 'status', requestId: 1 },
      { kind: 'check', buildId: 7 },
      { kind: 'reply', key: 'reply:comment:12:3' },
      { kind: 'deploy', deployId: 2 },
      { kind: 'ingest', deployId: 2 },
    ];
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    for (const job of jobs) await queue.add(job);
    expect(sorted(await handled.take(jobs.length))).toEqual(sorted(jobs));
  });

  test('equal jobs that wait are one, added one by one or many in one step', async () => {
    const { queue, work } = await open();
    for (let i = 0; i < 5; i++) await queue.add(build);
    const more: Job[] = [8, 9].map((buildId) => ({ kind: 'build', buildId }));
    await queue.addAll([build, ...more, build, ...more]);
    await queue.addAll([]);
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    await handled.take(3);
    const last: Job = { kind: 'status', requestId: 1 };
    await queue.addAll([last]);
    expect(sorted(await handled.take(4))).toEqual(sorted([build, ...more, last]));
  });

  test('an equal job that is added while one is handled runs once more, after it', async () => {
    const { queue, work } = await open();
    const story = collector<string>();
    const gate = Promise.withResolvers<void>();
    let started = 0;
    await work(async () => {
      const number = ++started;
      story.add(`start ${number}`);
      if (number === 1) await gate.promise;
      story.add(`end ${number}`);
    });
    await queue.add(build);
    await story.take(1);
    await queue.add(build);
    await queue.add(build);
    gate.resolve();
    expect((await story.take(4)).slice(0, 4)).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
  });

  test('a failing handler does not swallow what was added meanwhile, nor does its wait for the next try', async () => {
    const { queue, work } = await open();
    const tries = collector<number>();
    await work(async () => {
      tries.add(tries.all.length);
      if (tries.all.length === 1) throw new Retryable('not now', { retryAfterMs: 3_600_000 });
    });
    await queue.add(build);
    await tries.take(1);
    await log.heard('will be tried again');
    await queue.add(build);
    await tries.take(2);
  });

  test('a job without delay is not held up by an equal one that waits for its time', async () => {
    const { queue, work } = await open();
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    await queue.add(build, { delayMs: 3_600_000 });
    await queue.add(build);
    expect(await handled.take(1)).toEqual([build]);
  });

  test('a delayed job is not held up by an equal one that comes later', async () => {
    const { queue, work } = await open();
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    await queue.add(build, { delayMs: 3_600_000 });
    await queue.add(build, { delayMs: 20 });
    expect(await handled.take(1)).toEqual([build]);
  });

  test('a delayed job comes no sooner than asked, and equal ones are one', async () => {
    const { queue, work } = await open();
    const handled = collector<{ kind: string; at: number }>();
    await work(async ({ kind }) => handled.add({ kind, at: Date.now() }));
    const before = Date.now();
    for (let i = 0; i < 5; i++) await queue.add(build, { delayMs: 200 + 10 * i });
    await queue.add({ kind: 'check', buildId: 1 }, { delayMs: 400 });
    const [first, second] = await handled.take(2);
    expect(first?.kind).toBe('build');
    expect((first?.at ?? 0) - before).toBeGreaterThanOrEqual(200);
    expect(second?.kind).toBe('check');
  });

  test('a Retryable is tried again, and not before its time', async () => {
    const { queue, work } = await open();
    const tries = collector<number>();
    await work(async () => {
      tries.add(Date.now());
      if (tries.all.length === 1) throw new Retryable('not now', { retryAfterMs: 1_200 });
    });
    await queue.add(build);
    const [first = 0, second = 0] = await tries.take(2);
    expect(second - first).toBeGreaterThanOrEqual(1_200);
  });

  test('any other error gets one more try, then an error in the log, and the job can be added anew', async () => {
    const { queue, work } = await open();
    const tries = collector<number>();
    await work(async () => {
      tries.add(tries.all.length);
      if (tries.all.length <= 2) throw new Permanent('wrong host key');
    });
    await queue.add(build);
    await log.heard('given up');
    expect(tries.all).toHaveLength(2);
    expect(log.told.at(-1)).toMatchObject({ level: 'error', fields: { job: build, tries: 2 } });
    await queue.add(build);
    await tries.take(3);
  });

  test('what is not a job is refused once, and the next job runs', async () => {
    const { queue, work } = await open(1);
    await server.addRaw({ kind: 'build', buildId: '7; DROP TABLE builds' });
    await queue.add(build);
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    expect(await handled.take(1)).toEqual([build]);
    expect(log.told.filter(({ message }) => message.includes('given up'))).toHaveLength(1);
  });

  test('goes on when its connections were cut', async () => {
    const { queue, work } = await open();
    const handled = collector<Job>();
    await work(async (job) => handled.add(job));
    await queue.add(build);
    await handled.take(1);
    await server.cut();
    await eventually(() => queue.add({ kind: 'build', buildId: 8 }));
    await handled.take(2);
  });

  test('says when its server is back, once what was cut is whole again', async () => {
    const returned = collector<string>();
    const { queue, work } = await open(4, () => returned.add('back'));
    await work(async () => undefined);
    await queue.add(build);
    expect(returned.all).toEqual([]);
    await server.cut();
    await returned.take(1);
    await queue.add(build);
  });

  test('goes on when everything in it was wiped, and says that it may lack something', async () => {
    const returned = collector<string>();
    const { queue, work } = await open(4, () => returned.add('back'));
    const handled = collector<Job>();
    const gate = Promise.withResolvers<void>();
    await work(async (job) => {
      handled.add(job);
      if (job.kind === 'check') await gate.promise;
    });
    await queue.add({ kind: 'check', buildId: 1 });
    await handled.take(1);
    await queue.add(build, { delayMs: 3_600_000 });
    await server.wipe();
    gate.resolve();
    await returned.take(1);
    await eventually(() => queue.add(build));
    await eventually(() => queue.add({ kind: 'check', buildId: 1 }));
    await handled.take(3);
  });

  test('close waits for the job that runs, and takes no other', async () => {
    const { queue, work, close } = await open(1);
    const story = collector<string>();
    const gate = Promise.withResolvers<void>();
    await work(async (job) => {
      story.add(`start ${keyed(job)}`);
      await gate.promise;
      story.add(`end ${keyed(job)}`);
    });
    await queue.add(build);
    await story.take(1);
    await queue.add({ kind: 'build', buildId: 8 });
    const closed = close().then(() => story.add('closed'));
    gate.resolve();
    await closed;
    expect(story.all).toEqual(['start build 7', 'end build 7', 'closed']);

    const next = await open();
    const handled = collector<Job>();
    await next.work(async (job) => handled.add(job));
    expect(await handled.take(1)).toEqual([{ kind: 'build', buildId: 8 }]);
  });

  test('close waits for what is being added, though nobody else does', async () => {
    const { queue, close } = await open();
    const jobs = Array.from({ length: 20 }, (_, index): Job => ({ kind: 'build', buildId: index + 1 }));
    const added = Promise.all(jobs.map((job) => queue.add(job)));
    await close();
    expect(await added.then(() => 'all', String)).toBe('all');
  });

  test('close ends though a job does not, and the job is run again', async () => {
    const { queue, work, close } = await open();
    const started = collector<Job>();
    await work(async (job) => {
      started.add(job);
      await new Promise(() => undefined);
    });
    await queue.add(build);
    await started.take(1);
    await close({ drainTimeoutMs: 50 });
    await log.heard('jobs were still running when the queue was closed');
    const next = await open();
    const handled = collector<Job>();
    await next.work(async (job) => handled.add(job));
    expect(await handled.take(1)).toEqual([build]);
  });

  test('jobs wait for a worker in the server, not in the process', async () => {
    const first = await open();
    await first.queue.add(build);
    await first.close();
    const second = await open();
    const handled = collector<Job>();
    await second.work(async (job) => handled.add(job));
    expect(await handled.take(1)).toEqual([build]);
  });
}

test('a queue that cannot be reached says so as Retryable', async () => {
  const databaseUrl = `postgres://nobody:x@127.0.0.1:${await freePort()}/nothing`;
  await expect(openQueue({ databaseUrl, log: recordingLog() })).rejects.toThrow(Retryable);
});

/** Until the connections that were cut have been replaced. */
async function eventually(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Retryable) || tries === 10) throw error;
    }
  }
}

const sorted = (jobs: Job[]): string[] => jobs.map((job) => JSON.stringify(job)).sort();

function keyed(job: Job): string {
  return job.kind === 'build' ? `build ${job.buildId}` : job.kind;
}
