import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseQueue, SlurmQueue, theJob } from '../../src/builders/slurm-queue.ts';
import { hasEnded, slurmEnd, slurmWait } from '../../src/builders/slurm-states.ts';
import { refusal, sbatchOptions } from '../../src/builders/slurm-submit.ts';
import { Permanent, Retryable } from '../../src/domain/errors.ts';
import type { ExecResult, Transport } from '../../src/ports.ts';
import { silent } from '../harness/job-bench.ts';

describe('what Slurm says', () => {
  it.each([
    ['TIMEOUT', 'time', 'Slurm ended the job at its time limit'],
    ['DEADLINE', 'time', 'Slurm ended the job at its deadline'],
    ['OUT_OF_MEMORY', 'memory', 'the job needed more memory than Slurm had given it'],
    ['NODE_FAIL', 'infrastructure', 'the compute node failed while the job ran'],
    ['BOOT_FAIL', 'infrastructure', 'the compute node could not be booted for the job'],
    ['LAUNCH_FAILED', 'infrastructure', 'Slurm could not launch the job on its compute node'],
    ['PREEMPTED', 'infrastructure', 'Slurm ended the job to make room for another one'],
    ['REVOKED', 'infrastructure', 'Slurm moved the job to another cluster'],
    ['CANCELLED', 'person', 'the job was cancelled in Slurm, not by a command of this bot'],
    ['FAILED', 'infrastructure', 'the job failed in Slurm before it could leave an exit status'],
    [
      'COMPLETED',
      'infrastructure',
      'Slurm says that the job completed, but it left no exit status in its directory',
    ],
    ['NO_NODE', 'infrastructure', 'the compute node failed, or was not up in time, before the job started'],
    [
      'NOT_LAUNCHED',
      'infrastructure',
      'Slurm cancelled the job as its compute node could not start it, or somebody cancelled it just then',
    ],
    [
      'NEVER_CLEARED',
      'infrastructure',
      'Slurm has been ending the job for more than ten minutes, and it left no exit status',
    ],
    ['constructor', 'infrastructure', 'Slurm ended the job with the state constructor'],
  ])('of the end %s is told as caused by %s', (state, cause, sentence) => {
    expect(slurmEnd(state)).toEqual({ cause, sentence });
  });

  it('names who cancelled a job, where accounting knows', () => {
    expect(slurmEnd('CANCELLED', 'by 1000').sentence).toBe(
      'the job was cancelled in Slurm, not by a command of this bot (by the user with the id 1000)',
    );
    expect(slurmEnd('CANCELLED', 'by <b>').sentence).not.toContain('<b>');
  });

  it('tells ends from states that go on', () => {
    for (const state of [
      'PENDING',
      'CONFIGURING',
      'RUNNING',
      'COMPLETING',
      'SUSPENDED',
      'REQUEUED',
      'toString',
    ]) {
      expect(hasEnded(state), state).toBe(false);
    }
    for (const state of ['COMPLETED', 'NODE_FAIL', 'CANCELLED']) expect(hasEnded(state), state).toBe(true);
  });

  it.each([
    ['Resources', false, 'waits for free nodes'],
    ['Priority', false, 'waits behind jobs with a higher priority'],
    ['BeginTime', false, 'may not begin yet'],
    ['PartitionDown', false, 'its partition is down'],
    ['JobHeldAdmin', false, 'is held by an administrator'],
    [
      'ReqNodeNotAvail, UnavailableNodes:zen[2-3]',
      false,
      'the node it needs is not available (UnavailableNodes:zen[2-3])',
    ],
    [
      'QOSMaxJobsPerUserLimit',
      false,
      'waits until other jobs leave room within a limit of the site (QOSMaxJobsPerUserLimit)',
    ],
    [
      'AssocGrpCpuLimit',
      false,
      'waits until other jobs leave room within a limit of the site (AssocGrpCpuLimit)',
    ],
    [
      'QOSMaxWallDurationPerJobLimit',
      true,
      'the job asks for more than a limit allows (QOSMaxWallDurationPerJobLimit)',
    ],
    ['AssocMaxCpuPerJobLimit', true, 'the job asks for more than a limit allows (AssocMaxCpuPerJobLimit)'],
    ['BadConstraints', true, 'no node has what the job asks for (BadConstraints)'],
    ['InvalidAccount', true, 'Slurm does not know the account (InvalidAccount)'],
    ['InvalidQOS', true, 'Slurm does not know the quality of service (QOS) (InvalidQOS)'],
    ['PartitionTimeLimit', true, 'the job asks for more time than its partition allows (PartitionTimeLimit)'],
    [
      'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions',
      false,
      'all nodes it could run on are down, drained or reserved; whoever runs the cluster knows why',
    ],
    [
      'Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved_for_jobs_in_higher_priority_partitions',
      false,
      'all nodes it could run on are down, drained or reserved; whoever runs the cluster knows why',
    ],
    ['constructor', false, 'waits: constructor'],
    ['some words of a plugin', false, 'waits: some words of a plugin'],
  ])('of a job that waits for %s is told; for ever: %s', (reason, never, sentence) => {
    expect(slurmWait(reason)).toEqual({ never, sentence });
  });
});

describe('squeue', () => {
  it('is read by working directory, with the words of a login shell between', () => {
    const jobs = parseQueue(
      [
        'Welcome to the cluster | be nice',
        '12|PENDING|2026-11-20T22:53:58|ReqNodeNotAvail, UnavailableNodes:a|b|/jobs/x-b1/work',
        '9|TIMEOUT|2026-11-20T22:53:58|TimeLimit|/jobs/x-b1/work',
        '13|RUNNING|2026-11-20T22:53:58|None|/jobs/x-b2/work',
        '',
      ].join('\n'),
    );
    expect([...jobs.keys()]).toEqual(['/jobs/x-b1/work', '/jobs/x-b2/work']);
    expect(jobs.get('/jobs/x-b1/work')).toEqual([
      { id: '9', state: 'TIMEOUT', reason: 'TimeLimit' },
      { id: '12', state: 'PENDING', reason: 'ReqNodeNotAvail, UnavailableNodes:a|b' },
    ]);
  });

  it('may show several jobs of a build: the one that goes on counts, or else the newest', () => {
    const job = (id: string, state: string) => ({ id, state, reason: '' });
    expect(theJob([job('1', 'RUNNING'), job('2', 'COMPLETED')])?.id).toBe('1');
    expect(theJob([job('1', 'FAILED'), job('2', 'COMPLETED')])?.id).toBe('2');
    expect(theJob([])).toBeNull();
  });
});

describe('the queue of a login node', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A login node on which squeue says `answer`, or nothing when it is null, and the names it was asked for. */
  function loginNode() {
    const node = { answer: '' as string | null, asked: [] as (string | undefined)[] };
    const exec = async (argv: readonly string[]): Promise<ExecResult> => {
      node.asked.push(argv.at(-1));
      if (node.answer === null) throw new Retryable('no controller');
      return { code: 0, stdout: Buffer.from(node.answer), stderr: Buffer.alloc(0) };
    };
    const transport: Transport = {
      exec,
      stream: () => Promise.reject(new Error('not here')),
      health: () => ({ state: 'connected', since: 0, detail: '', failures: 0, setAsideUntil: null }),
      close: async () => {},
    };
    const queue = new SlurmQueue({ node: 'n', transport, log: silent, intervalMs: 2_000 });
    /** As a follower does, which looks every second. */
    const look = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        queue.latest(['x-b1', 'x-b2']);
        await vi.advanceTimersByTimeAsync(1_000);
      }
    };
    return { node, queue, look };
  }

  it('is asked once for all jobs, and ever less often while nothing moves', async () => {
    const { node, queue, look } = loginNode();
    await look(1);
    expect(node.asked).toEqual(['x-b1,x-b2']);
    node.answer = '1|PENDING|now|Priority|/jobs/x-b1/work\n';
    await look(10);
    const eager = node.asked.length;
    await look(300);
    expect(node.asked.length - eager).toBeGreaterThan(8);
    expect(node.asked.length - eager).toBeLessThan(16);
    queue.hurry();
    const before = node.asked.length;
    await look(3);
    expect(node.asked.length).toBeGreaterThan(before);
  });

  it('keeps the last answer while Slurm gives none', async () => {
    const { node, queue, look } = loginNode();
    node.answer = '1|RUNNING|now|None|/jobs/x-b1/work\n';
    await look(2);
    node.answer = null;
    await look(120);
    const jobs = queue.latest(['x-b3'])?.jobs;
    expect(jobs?.get('/jobs/x-b1/work')).toEqual([{ id: '1', state: 'RUNNING', reason: 'None' }]);
    expect(queue.latest(['x-b3'])?.names).toEqual(new Set(['x-b1', 'x-b2']));
    expect(node.asked.length).toBeGreaterThan(2);
  });
});

describe('sbatch', () => {
  it('takes the options of a pool, but none that are Stratobot’s', () => {
    const fine = ['--partition=zen2', '--mem=16G', '-Cavx512', '--exclusive', '--account=a b'];
    expect(sbatchOptions(fine)).toEqual(fine);
    for (const bad of [
      '--array=1-9',
      '-a1-9',
      '--wait',
      '-W',
      '--wrap=id',
      '--export=ALL',
      '-t60',
      '--time=60',
    ])
      expect(() => sbatchOptions([bad]), bad).toThrow(/is set by Stratobot/);
    for (const bad of ['zen2', '', '-', '--', '/bin/sh', '--x=\n', '-- x'])
      expect(() => sbatchOptions([bad]), bad).toThrow(/is no option for sbatch/);
  });

  it.each([
    ['sbatch: error: Batch job submission failed: Invalid feature specification', Permanent],
    [
      'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified',
      Permanent,
    ],
    ['sbatch: unrecognized option \'--bogus\'\nTry "sbatch --help" for more information', Permanent],
    ['env: ‘sbatch’: No such file or directory', Permanent],
    [
      'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
      Retryable,
    ],
    ['sbatch: error: Batch job submission failed: Socket timed out on send/recv operation', Retryable],
    ['sbatch: error: If munged is up, restart with --num-threads=10', Retryable],
    [
      'sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user’s size and/or time limits)',
      Retryable,
    ],
    ['', Retryable],
  ])('says %j', (complaint, kind) => {
    const error = refusal('pool/node', complaint);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(/^sbatch on pool\/node (?:refuses|did not take) the job: \S/);
    expect(error.message).not.toContain('sbatch: error');
  });
});
