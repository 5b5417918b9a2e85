/** Many webhooks at once: who shares a commit with whom, and who is told what. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Permanent, Retryable } from '../../../src/domain/errors.ts';
import { openIntake } from '../../../src/handlers/intake.ts';
import type { Job, NewDelivery } from '../../../src/ports.ts';
import { recordingLog } from '../../harness/log.ts';

const webhook = (guid: string, body = '{}'): NewDelivery => ({
  guid,
  event: 'issue_comment',
  body,
  receivedAt: 1,
});
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => webhook(`${from + index}`));

/** A record whose commits wait for the test, a queue, and an intake before them. */
function desk() {
  const commits: { guids: string[]; end: PromiseWithResolvers<void> }[] = [];
  const rows = new Set<string>();
  const jobs: Job[][] = [];
  const answers = new Map<string, string>();
  const log = recordingLog();
  const recordAll = async (all: readonly NewDelivery[]) => {
    const commit = { guids: all.map(({ guid }) => guid), end: Promise.withResolvers<void>() };
    commits.push(commit);
    await commit.end.promise;
    const fresh = new Set(commit.guids.filter((guid) => !rows.has(guid)));
    for (const guid of fresh) rows.add(guid);
    return fresh;
  };
  const addAll = async (added: readonly Job[]) => void jobs.push([...added]);
  const take = openIntake({ records: { deliveries: { recordAll } }, queue: { addAll }, log });
  return {
    commits,
    rows,
    jobs,
    answers,
    send(all: readonly NewDelivery[]) {
      for (const one of all)
        take(one).then(
          () => answers.set(one.guid, 'taken'),
          (error: Error) => answers.set(one.guid, error.message),
        );
    },
    /** Ends the commits that are under way. */
    async end(error?: Error) {
      const underWay = commits.splice(0);
      for (const { end } of underWay) error ? end.reject(error) : end.resolve();
      await turn();
      return underWay.map(({ guids }) => guids);
    },
  };
}

describe('webhooks that come together', () => {
  test('are committed together as soon as a commit ends, and none is answered before its own', async () => {
    const { send, end, answers, jobs, commits } = desk();
    send(numbered(1, 40));
    await turn();
    expect(commits.map(({ guids }) => guids)).toEqual([['1'], ['2']]);
    expect(answers.size).toBe(0);
    await end();
    expect([...answers.keys()]).toEqual(['1', '2']);
    const [group] = await end();
    expect(group).toHaveLength(38);
    expect(answers.size).toBe(40);
    await turn();
    const [first, second, ...others] = jobs.flat();
    expect([first, second]).toEqual(['1', '2'].map((guid) => ({ kind: 'delivery', guid })));
    expect(others.map((job) => (job.kind === 'deliveries' ? job.guids.length : 1))).toEqual([8, 8, 8, 8, 6]);
    expect(others.flatMap((job) => (job.kind === 'deliveries' ? job.guids : []))).toEqual(
      numbered(3, 40).map(({ guid }) => guid),
    );
  });

  test('are as many in a commit as one statement should have, in rows and in size', async () => {
    const { send, end, answers, commits } = desk();
    const large = webhook('large', 'x'.repeat(5_000_000));
    send([...numbered(1, 103), large, webhook('after')]);
    const groups: number[] = [];
    while (commits.length > 0) groups.push(...(await end()).map((guids) => guids.length));
    expect(groups.sort((a, b) => a - b)).toEqual([1, 1, 1, 1, 1, 100]);
    expect(new Set(answers.values())).toEqual(new Set(['taken']));
  });

  test('under one GUID are one row and one job, and both are answered', async () => {
    const { send, end, answers, rows, jobs } = desk();
    send([...numbered(1, 2), webhook('3'), webhook('3'), webhook('1')]);
    await end();
    await end();
    expect([...rows]).toEqual(['1', '2', '3']);
    expect(jobs.flat()).toEqual(['1', '2', '3'].map((guid) => ({ kind: 'delivery', guid })));
    expect([...answers.keys()].sort()).toEqual(['1', '2', '3']);
  });

  test('do not suffer from one that cannot be written', async () => {
    const answers: string[] = [];
    const written: string[] = [];
    const recordAll = async (all: readonly NewDelivery[]) => {
      await turn();
      if (all.some(({ guid }) => guid === '5')) throw new Permanent('no such row');
      written.push(...all.map(({ guid }) => guid));
      return new Set(all.map(({ guid }) => guid));
    };
    const take = openIntake({
      records: { deliveries: { recordAll } },
      queue: { addAll: async () => undefined },
      log: recordingLog(),
    });
    const told = numbered(1, 9).map((one) =>
      take(one).catch((error) => answers.push(`${one.guid}: ${error.message}`)),
    );
    await Promise.all(told);
    expect(answers).toEqual(['5: no such row']);
    expect(written).toEqual(['1', '2', '3', '4', '6', '7', '8', '9']);
  });

  test('are all told when the database is away, and the next are tried anew', async () => {
    const { send, end, answers } = desk();
    send(numbered(1, 9));
    await turn();
    await end();
    await end(new Retryable('PostgreSQL is away'));
    expect([...answers.values()].filter((answer) => answer === 'PostgreSQL is away')).toHaveLength(7);
    send(numbered(10, 11));
    await turn();
    await end();
    expect(answers.get('11')).toBe('taken');
  });
});

test('a commit that hangs fails those in it, keeps no other, and whoever gave up is not written', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { send, end, answers, commits, rows } = desk();
  send(numbered(1, 250));
  await vi.advanceTimersByTimeAsync(4_000);
  expect(commits.map(({ guids }) => guids.length)).toEqual([1, 1, 100, 100]);
  await vi.advanceTimersByTimeAsync(4_000);
  expect([...answers.values()]).toEqual(Array.from({ length: 250 }, () => 'No answer after 8000 ms'));
  send([webhook('next')]);
  await turn();
  await end();
  expect(answers.get('next')).toBe('taken');
  expect(rows.size).toBe(203);
});
