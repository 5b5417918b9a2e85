import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RunningBot, startBot } from '../test/harness/bot.ts';
import { type OpenSsh, startOpenSsh } from '../test/harness/openssh.ts';
import { SOFTWARE, type Surroundings, startSurroundings } from '../test/harness/surroundings.ts';
import { crowd } from './crowd.ts';
import { type Figure, figure, type Report, withGoal } from './report.ts';

const REPOSITORY = fileURLToPath(new URL('../test/fixtures/repository', import.meta.url));
const RUNS = 10;
const SSH_TIMEOUT_MS = 10_000;
const STATUS_TIMEOUT_MS = 30_000;
/** Pools of the sshd, for a comment that asks for all of them; about as many as targets of a real stack. */
const POOLS = 8;
const run = promisify(execFile);

/** What the goals of the builders are measured by: a real sshd for the way there and back, 50 fake nodes for the crowd. */
export async function builders(): Promise<Report> {
  const sshd = await startOpenSsh();
  try {
    return { bench: 'builders', figures: [...(await oneByOne(sshd)), ...(await crowd())] };
  } finally {
    await sshd.close();
  }
}

async function oneByOne(sshd: OpenSsh): Promise<Figure[]> {
  const identity = join(sshd.root, 'id_ed25519');
  await writeFile(identity, sshd.privateKey, { mode: 0o600 });
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 's3',
    config: { pools: Array.from({ length: POOLS }, (_, index) => pool(sshd, identity, index)) },
  });
  // One run follows the other at once, as no pull request does: GitHub's budget for writes would be what is measured.
  const bot = await startBot(around, undefined, { burst: 1000, refillMs: 250 });
  const bare: number[] = [];
  const single: Run[] = [];
  try {
    for (let run = 0; run <= RUNS; run += 1) {
      const took = await bareSsh(sshd, identity);
      const outcome = await build(around, bot, `bench-${run}`, 'bot: build arch=zen1', 1);
      if (run === 0) continue; // warms up mirror, connections and code
      bare.push(took);
      single.push(outcome);
    }
    const many = await build(around, bot, 'bench-all', 'bot: build arch=all', POOLS);
    const peer = figure('`ssh node true`', 'ms', bare);
    return [
      peer,
      withGoal(
        figure(
          'comment → process running',
          'ms',
          single.flatMap(({ toRunning }) => toRunning),
          peer,
        ),
        5,
      ),
      figure(
        'job end → PR updated',
        'ms',
        single.map(({ endToStatus }) => endToStatus),
        peer,
      ),
      withGoal(figure(`GitHub requests per build, ${POOLS} in a comment`, 'requests', [many.requests]), 5),
      figure(
        'GitHub requests, one build in a comment',
        'requests',
        single.map(({ requests }) => requests),
      ),
    ];
  } finally {
    await bot.close();
    await around.close();
  }
}

interface Run {
  /** From the comment to the rows that say `running`, ms. */
  toRunning: number[];
  /** From the last job's end, by its own exit file, to the status comment that says so, ms. */
  endToStatus: number;
  /** Requests to GitHub for each build. */
  requests: number;
}

/** A pull request, a command, and its builds until the comment says how they ended. */
async function build(
  { github }: Surroundings,
  bot: RunningBot,
  name: string,
  command: string,
  wanted: number,
): Promise<Run> {
  const changes = { [`easystacks/${name}.yml`]: 'easyconfigs:\n  - tool-1.0.eb\n' };
  const pull = await github.openPullRequest(SOFTWARE, { by: 'jo', title: name, changes });
  await bot.handled();
  const before = github.requests.length;
  const asked = performance.now();
  const running = bot.buildsReach(['running'], wanted);
  const collecting = bot.buildsReach(['collecting'], wanted);
  await github.comment(SOFTWARE, pull.number, { by: 'maria', body: command });
  const toRunning = (await running).map(({ at }) => at - asked);
  const said = wanted === 1 ? 'built' : `all ${wanted} targets built`;
  await github.waitFor(
    () =>
      github
        .comments(SOFTWARE, pull.number)
        .some(({ body }) => new RegExp(`### Build of .*: .*${said}`).test(body)),
    { timeoutMs: STATUS_TIMEOUT_MS, what: 'the result in the status comment' },
  );
  const shownAt = performance.now();
  const ends = await Promise.all((await collecting).map(({ id }) => jobEnd(bot, id)));
  const checks = () =>
    github.checkRuns(SOFTWARE, pull.head.sha).filter(({ name }) => !name.endsWith('/ summary'));
  await github.waitFor(() => checks().filter(({ status }) => status === 'completed').length === wanted, {
    timeoutMs: STATUS_TIMEOUT_MS,
    what: 'the checks to end',
  });
  const requests = (github.requests.length - before) / wanted;
  return { toRunning, endToStatus: shownAt - (Math.max(...ends) - performance.timeOrigin), requests };
}

/** When a job's exit status was written on the node, unix ms. */
async function jobEnd(bot: RunningBot, id: number): Promise<number> {
  const { state } = await bot.build(id);
  if (!('handle' in state) || state.handle === null) throw new Error(`build ${id} has no job`);
  return (await stat(join(state.handle.directory, 'exit'))).mtimeMs;
}

/** A pool with the sshd as its node, for a target of its own. */
function pool({ host, port, user, hostKey, root }: OpenSsh, identity: string, index: number): object {
  const ssh = { host, port, user, host_key: hostKey, identity_file: identity };
  return {
    name: `n${index}`,
    arch: `x86_64/amd/zen${index + 1}`,
    jobs_dir: join(root, 'jobs'),
    time_limit: '10m',
    nodes: [{ name: 'sshd', slots: 2, ssh }],
  };
}

/** Connect, log in, run `true` and go, with OpenSSH's client; ms. */
async function bareSsh({ host, port, user, root }: OpenSsh, identity: string): Promise<number> {
  const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${root}/known_hosts`, 'BatchMode=yes'];
  const args = [
    '-F',
    'none',
    '-i',
    identity,
    '-p',
    String(port),
    ...options.flatMap((option) => ['-o', option]),
  ];
  const start = performance.now();
  await run('ssh', [...args, `${user}@${host}`, 'true'], { timeout: SSH_TIMEOUT_MS });
  return performance.now() - start;
}
