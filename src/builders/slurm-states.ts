/** What Slurm's words mean for a build: pure tables, held to Slurm's documentation (squeue, "JOB STATE CODES", "JOB REASON CODES"). */

/** Who or what ended a job that did not end by itself. */
export type EndCause = 'time' | 'memory' | 'person' | 'infrastructure' | 'configuration';

export interface SlurmEnd {
  cause: EndCause;
  /** One sentence without a full stop, about the job; plain text. */
  sentence: string;
}

const ENDS: Record<string, SlurmEnd> = {
  // The first two left no exit status of their own, or this table would not be asked.
  COMPLETED: infrastructure('Slurm says that the job completed, but it left no exit status in its directory'),
  FAILED: infrastructure('the job failed in Slurm before it could leave an exit status'),
  TIMEOUT: { cause: 'time', sentence: 'Slurm ended the job at its time limit' },
  DEADLINE: { cause: 'time', sentence: 'Slurm ended the job at its deadline' },
  OUT_OF_MEMORY: {
    cause: 'memory',
    sentence: 'the job needed more memory than Slurm had given it',
  },
  NODE_FAIL: infrastructure('the compute node failed while the job ran'),
  BOOT_FAIL: infrastructure('the compute node could not be booted for the job'),
  LAUNCH_FAILED: infrastructure('Slurm could not launch the job on its compute node'),
  PREEMPTED: infrastructure('Slurm ended the job to make room for another one'),
  REVOKED: infrastructure('Slurm moved the job to another cluster'),
  CANCELLED: {
    cause: 'person',
    sentence: 'the job was cancelled in Slurm, not by a command of this bot',
  },
  // Not Slurm's, but ours: what its words do not tell apart.
  NOT_STARTED: infrastructure(
    'Slurm could not start the job in its directory (is the jobs folder shared with the compute nodes?)',
  ),
  NO_NODE: infrastructure('the compute node failed, or was not up in time, before the job started'),
  NOT_LAUNCHED: infrastructure(
    'Slurm cancelled the job as its compute node could not start it, or somebody cancelled it just then',
  ),
  NEVER_CLEARED: infrastructure(
    'Slurm has been ending the job for more than ten minutes, and it left no exit status',
  ),
  GONE: infrastructure('Slurm does not know the job any more, and it left no exit status'),
  FORGOTTEN: infrastructure('Slurm lost the job before it started'),
  AGAIN: infrastructure(
    'Slurm started the job a second time after its first start was cut off; it was not built twice',
  ),
};

function infrastructure(sentence: string): SlurmEnd {
  return { cause: 'infrastructure', sentence };
}

/**
 * What the end of a job means.
 * @param state Slurm's word for it, or one of ours: `GONE` …
 * @param detail `by 1000` (a user id) after CANCELLED, as accounting tells it
 */
export function slurmEnd(state: string, detail = ''): SlurmEnd {
  const end = hasEnded(state) ? ENDS[state] : undefined;
  if (end === undefined) return infrastructure(`Slurm ended the job with the state ${state}`);
  const by = state === 'CANCELLED' ? /^by (\d+)$/.exec(detail)?.[1] : undefined;
  return by === undefined ? end : { ...end, sentence: `${end.sentence} (by the user with the id ${by})` };
}

/** Whether a job in this state will not run, or go on, any more. */
export function hasEnded(state: string): boolean {
  return Object.hasOwn(ENDS, state);
}

/** Why a job waits. */
export interface SlurmWait {
  sentence: string;
  /** It will wait for ever: nothing but another configuration helps. */
  never: boolean;
}

const WAITS: Record<string, string> = {
  None: 'Slurm has not looked at it yet',
  Resources: 'waits for free nodes',
  Priority: 'waits behind jobs with a higher priority',
  BeginTime: 'may not begin yet',
  Dependency: 'waits for another job',
  JobHeldUser: 'is held by its user',
  JobHeldAdmin: 'is held by an administrator',
  JobHoldMaxRequeue: 'is held because it was started too often',
  launch_failed_requeued_held: 'is held because it could not be launched',
  Licenses: 'waits for a licence',
  Reservation: 'waits for its reservation',
  ReqNodeNotAvail: 'the node it needs is not available',
  PartitionDown: 'its partition is down',
  PartitionInactive: 'its partition is inactive',
  NodeDown: 'the node it needs is down',
  JobArrayTaskLimit: 'waits for other tasks of its array',
  Cleaning: 'waits for an earlier start of it to be cleaned up',
  Prolog: 'its node is being prepared',
  FrontEndDown: 'no front end can start it',
  SystemFailure: 'Slurm had a failure of its own',
  MaxMemPerLimit: 'asks for more memory than it may have now',
};

/** What newer versions write with underscores. */
const NO_NODES = /^\(?Nodes[ _]required[ _]for[ _]job[ _]are[ _]DOWN/;

const NEVER: Record<string, string> = {
  BadConstraints: 'no node has what the job asks for',
  PartitionNodeLimit: 'the job asks for more nodes than its partition allows',
  PartitionTimeLimit: 'the job asks for more time than its partition allows',
  PartitionConfig: 'the partition does not have, or does not allow, what the job asks for',
  AccountNotAllowed: 'the account may not use the partition',
  QOSNotAllowed: 'the quality of service (QOS) may not use the partition',
  InvalidAccount: 'Slurm does not know the account',
  InvalidQOS: 'Slurm does not know the quality of service (QOS)',
  DependencyNeverSatisfied: 'the job depends on another one that failed',
  DeadLine: 'the job cannot end before its deadline',
  ReservationDeleted: 'the reservation of the job was deleted',
};

/** Limits of one job alone: waiting does not change them, other than limits of all jobs together (`QOSGrpCpuLimit`). */
const OF_ONE_JOB = /^(?:QOS|Assoc)(?:Max\w*Per(?:Job|Node)|Min)\w*$/;

/**
 * Why a pending job waits, in words.
 * @param reason as `squeue` prints it: `Resources`, `ReqNodeNotAvail, UnavailableNodes:zen[1-2]`
 */
export function slurmWait(reason: string): SlurmWait {
  const [, word = '', rest = ''] = /^\(?(\w+)[, ]*(.*?)\)?$/.exec(reason) ?? [];
  const also = rest === '' ? '' : ` (${rest})`;
  const never = Object.hasOwn(NEVER, word) ? NEVER[word] : undefined;
  if (never !== undefined) return { sentence: `${never} (${word})`, never: true };
  if (OF_ONE_JOB.test(word)) {
    return { sentence: `the job asks for more than a limit allows (${word})`, never: true };
  }
  if (/^(?:QOS|Assoc)/.test(word))
    return {
      sentence: `waits until other jobs leave room within a limit of the site (${word})`,
      never: false,
    };
  if (NO_NODES.test(reason))
    return {
      sentence: 'all nodes it could run on are down, drained or reserved; whoever runs the cluster knows why',
      never: false,
    };
  const wait = Object.hasOwn(WAITS, word) ? WAITS[word] : undefined;
  // Words of a newer Slurm, and free text of plugins, as they are.
  return { sentence: wait === undefined ? `waits: ${reason}` : `${wait}${also}`, never: false };
}
