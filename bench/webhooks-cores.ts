/** Who of a bench uses the processors: ticks of /proc, so on Linux only. */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Ticks of the kernel's clock for programs: USER_HZ. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that were used. */
export interface Used {
  bot: number;
  postgres: number;
  /** Everything that runs on the machine, also what has nothing to do with the bench. */
  machine: number;
}

/** What a bot and the PostgreSQL on this machine have used since they started, with children that ended. */
export async function usedSoFar(botPid: number, databaseUrl: string): Promise<Used> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const postmaster = (await ofProcess(rows[0].pid))?.parent;
  await client.end();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = (await Promise.all(pids.map(ofProcess))).filter((one) => one !== null);
  const sum = (ticks: readonly number[]) => ticks.reduce((all, one) => all + one, 0) / TICKS_PER_SECOND;
  const bot = processes.filter(({ pid }) => pid === botPid);
  const servers = processes.filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
  const [, user, nice, system, , , irq, softirq] = (await readFile('/proc/stat', 'utf8'))
    .split('\n', 1)
    .join()
    .split(/\s+/)
    .map(Number);
  return {
    bot: sum(bot.map(({ ticks }) => ticks)),
    postgres: sum(servers.map(({ ticks, ofChildren }) => ticks + ofChildren)),
    machine: sum([user, nice, system, irq, softirq].map((ticks) => ticks ?? 0)),
  };
}

async function ofProcess(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name before it may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (index: number) => Number(fields[index]);
  return { pid, parent: field(1), ticks: field(11) + field(12), ofChildren: field(13) + field(14) };
}
