/**
 * A small Slurm of the tests' own: munged, slurmctld and six slurmd on free ports of 127.0.0.1, in one folder, without
 * systemd. Debian 12's version is 22.05.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Transport } from '../../src/ports.ts';

/** Nodes, each with a partition of its name; `short` and `all` have more than one node. `ill` can start no job. */
type SlurmNode = 'zen2' | 'zen3' | 'n1' | 'down' | 'odd' | 'ill';

export interface Slurm {
  /** A folder that all nodes share: it is one machine. */
  root: string;
  /** Runs one of Slurm's commands: its output. */
  run(program: string, ...args: string[]): Promise<string>;
  /** A transport whose commands know this Slurm, as those of a login node would. */
  loginNode(transport: Transport): Transport;
  /** Lets the controller write down all that it knows, and kills it as a crash does. */
  killController(): Promise<void>;
  /** Kills the controller as it is: what it did not write down yet, it forgets. */
  crashController(): Promise<void>;
  startController(): Promise<void>;
  /** Lets the controller forget what happens meanwhile, as one does that is killed before it has written it down. */
  forgetting<T>(work: () => Promise<T>): Promise<T>;
  /** Kills the slurmd of a node; jobs on it live on. */
  killNode(node: SlurmNode): Promise<void>;
  startNode(node: SlurmNode): Promise<void>;
  /**
   * What a person would do about nodes that Slurm drained itself: a controller that lost its memory gives a job's id again
   * while the first one runs, and sets the node aside for that until somebody has looked at it.
   */
  resumeDuplicates(): Promise<void>;
  close(): Promise<void>;
}

const NODES: SlurmNode[] = ['zen2', 'zen3', 'n1', 'down', 'odd', 'ill'];
const START_TIMEOUT_MS = 20_000;
const COMMAND_TIMEOUT_MS = 30_000;
const PATH = [...new Set(`${process.env.PATH}:/usr/sbin:/usr/bin:/sbin:/bin`.split(delimiter))].join(
  delimiter,
);
const run = promisify(execFile);

/** Why the tests cannot run here, or null. With CI set they run, and fail, whatever is missing. */
export function slurmMissing(): string | null {
  if (process.env.CI && process.env.CI !== 'false') return null;
  const there = (program: string) =>
    PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));
  const missing = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'flock'].filter((program) => !there(program));
  return missing.length === 0 ? null : `install slurm-wlm and munge: there is no ${missing.join(', ')}`;
}

export async function startSlurm(): Promise<Slurm> {
  const root = await mkdtemp(join(tmpdir(), 'stratobot-slurm-'));
  await chmod(root, 0o755);
  for (const folder of ['state', 'log', ...NODES.map((node) => `spool/${node}`)]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const conf = join(root, 'slurm.conf');
  const env = { PATH, HOME: root, SLURM_CONF: conf };
  const daemons = new Map<string, ChildProcess>();
  watch(root);

  const start = async (name: string, program: string, args: string[]) => {
    const log = openSync(join(root, 'log', `${name}.out`), 'a');
    const daemon = spawn(program, args, { env, cwd: root, stdio: ['ignore', log, log] });
    await once(daemon, 'spawn');
    daemons.set(name, daemon);
  };
  const end = async (name: string, signal: NodeJS.Signals) => {
    const daemon = daemons.get(name);
    daemons.delete(name);
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill(signal);
    await gone;
  };
  const command = async (program: string, ...args: string[]) =>
    (await run(program, args, { env, timeout: COMMAND_TIMEOUT_MS })).stdout;
  const until = async (what: string, isSo: () => Promise<boolean>) => {
    for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; await delay(100)) {
      if (await isSo().catch(() => false)) return;
    }
    throw new Error(`${what} did not come about within ${START_TIMEOUT_MS} ms`);
  };
  const startController = async () => {
    await start('slurmctld', 'slurmctld', ['-D', '-f', conf]);
    await until('an answer of slurmctld', async () => (await command('scontrol', 'ping')).includes('UP'));
  };
  /** It writes its state within 5 s, and at once when it is asked to end. */
  const settle = async () => {
    await end('slurmctld', 'SIGTERM');
    await startController();
  };
  const startNode = async (node: SlurmNode) => {
    await start(node, 'slurmd', ['-D', '-N', node, '-f', conf]);
    const idle = /^(?:idle|mixed|allocated)$/;
    await until(`an idle ${node}`, async () =>
      idle.test((await command('sinfo', '-h', '-n', node, '-p', node, '-o', '%T')).trim()),
    );
  };

  const slurm: Slurm = {
    root,
    run: command,
    loginNode: (transport) => ({
      exec: (argv, options) => transport.exec(['env', `SLURM_CONF=${conf}`, ...argv], options),
      stream: (argv, options) => transport.stream(['env', `SLURM_CONF=${conf}`, ...argv], options),
      health: () => transport.health(),
      close: () => transport.close(),
    }),
    async killController() {
      await settle();
      await end('slurmctld', 'SIGKILL');
    },
    crashController: () => end('slurmctld', 'SIGKILL'),
    startController,
    async forgetting(work) {
      await settle();
      await rm(join(root, 'saved'), { recursive: true, force: true });
      await run('cp', ['-a', join(root, 'state'), join(root, 'saved')]);
      const result = await work();
      await end('slurmctld', 'SIGKILL');
      await rm(join(root, 'state'), { recursive: true });
      await run('cp', ['-a', join(root, 'saved'), join(root, 'state')]);
      await startController();
      return result;
    },
    killNode: (node) => end(node, 'SIGKILL'),
    startNode,
    async resumeDuplicates() {
      const nodes = await command('sinfo', '-h', '-N', '-o', '%N|%E');
      for (const [, node] of nodes.matchAll(/^(\w+)\|Duplicate jobid$/gm))
        await command('scontrol', 'update', `NodeName=${node}`, 'State=RESUME');
    },
    async close() {
      for (const name of [...daemons.keys()]) await end(name, 'SIGKILL');
      for (const pid of processesOf(root)) killIfThere(pid);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };

  try {
    await writeFile(join(root, 'prolog'), '#!/bin/sh\n[ "$SLURM_JOB_PARTITION" != ill ]\n', { mode: 0o755 });
    await writeFile(conf, configuration(root, await freePorts(1 + NODES.length)));
    await writeFile(join(root, 'munge.key'), randomBytes(1024), { mode: 0o400 });
    const munge = ['key-file=munge.key', 'socket=munge.sock', 'pid-file=munge.pid', 'seed-file=munge.seed'];
    await start('munged', 'munged', [
      '--foreground',
      '--force',
      ...munge.map((option) => `--${option.replace('=', `=${root}/`)}`),
    ]);
    await until('a socket of munged', async () => existsSync(join(root, 'munge.sock')));
    await startController();
    await Promise.all(NODES.map(startNode));
    return slurm;
  } catch (error) {
    const logs = await Promise.all(
      ['munged', 'slurmctld', ...NODES].map((name) =>
        readFile(join(root, 'log', `${name}.out`), 'utf8').catch(() => ''),
      ),
    );
    await slurm.close();
    throw new Error(`Slurm did not start: ${logs.join('\n').slice(-2000)}`, { cause: error });
  }
}

/**
 * Impatient where a site would be patient, so that tests need not wait for a failure to be noticed. Jobs of the partition `first`
 * make room for themselves; the node of `cloud` never boots; memory is watched for jobs that say `--acctg-freq=task=1`.
 */
function configuration(root: string, [controller, ...ports]: number[]): string {
  const host = hostname().split('.')[0];
  const user = userInfo().username;
  const nodes = NODES.map((node, index) => {
    const cpu = node === 'n1' ? 'aarch64' : 'x86_64';
    return `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[index]} CPUs=8 RealMemory=4000 Feature=${cpu},${node}`;
  });
  return `
ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${root}/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation=${root}/state
SlurmdSpoolDir=${root}/spool/%n
SlurmctldPidFile=${root}/slurmctld.pid
SlurmdPidFile=${root}/slurmd-%n.pid
SlurmctldLogFile=${root}/log/slurmctld.log
SlurmdLogFile=${root}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=1
SlurmdParameters=config_overrides
SlurmdTimeout=10
SlurmctldTimeout=4
MessageTimeout=5
InactiveLimit=0
KillWait=10
MinJobAge=600
JobRequeue=1
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=0
JobAcctGatherParams=OverMemoryKill
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
Prolog=${root}/prolog
ResumeProgram=/bin/true
SuspendProgram=/bin/true
ResumeTimeout=3
SuspendTime=1000000
${nodes.join('\n')}
PartitionName=zen2 Nodes=zen2 MaxTime=INFINITE State=UP
PartitionName=zen3 Nodes=zen3 MaxTime=INFINITE State=UP
PartitionName=n1 Nodes=n1 MaxTime=INFINITE State=UP
PartitionName=down Nodes=down MaxTime=INFINITE State=UP
PartitionName=odd Nodes=odd MaxTime=INFINITE State=UP
PartitionName=first Nodes=odd MaxTime=INFINITE State=UP PriorityTier=9 PreemptMode=OFF
PartitionName=late Nodes=odd MaxTime=INFINITE State=DOWN
PartitionName=ill Nodes=ill MaxTime=INFINITE State=UP
NodeName=cloud NodeAddr=127.0.0.1 Port=1 CPUs=8 RealMemory=4000 State=CLOUD
PartitionName=cloud Nodes=cloud MaxTime=INFINITE State=UP
PartitionName=short Nodes=zen2,zen3 MaxTime=1 State=UP
PartitionName=all Nodes=zen2,zen3,n1 Default=YES MaxTime=INFINITE State=UP
`;
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return ports;
}

/** Processes of this Slurm: its daemons and their slurmstepd, jobs and what jobs left. They carry the path of its configuration. */
function processesOf(root: string): number[] {
  const mark = `SLURM_CONF=${root}/slurm.conf`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended by itself
  }
}

/** Ends all of it also when the tests are killed. */
function watch(root: string): void {
  const script =
    'while kill -0 "$1" 2>&- && test -d "$2"; do sleep 1; done; test -d "$2" || exit 0; ' +
    'kill -9 $(grep -lzxF "SLURM_CONF=$2/slurm.conf" /proc/[0-9]*/environ 2>&- | tr -dc "0-9\\n"); rm -rf "$2"';
  spawn('sh', ['-c', script, 'watch', String(process.pid), root], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}
