import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a process that is not our child is looked at. */
export const LOOK_MS = 25;
/** A fast shutdown ends connections and writes a checkpoint. */
const FAST_STOP_MS = 20_000;
/** An immediate shutdown only ends; the next start recovers. */
const IMMEDIATE_STOP_MS = 5_000;

export interface Postmaster {
  pid: number;
  port: number;
}

/**
 * The server that runs on this cluster, from its lock file; null when there is none. Source of the format: lines of
 * postmaster.pid, pid first, port fourth.
 */
export async function findPostmaster(directory: string): Promise<Postmaster | null> {
  const text = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port)) return null;
  return (await isRunning(pid, directory)) ? { pid, port } : null;
}

/**
 * Stops the server that runs on this cluster, its connections too.
 * @throws Error when it is there in spite of all
 */
export async function stopPostmaster(directory: string): Promise<void> {
  const server = await findPostmaster(directory);
  if (server === null) return;
  const { pid } = server;
  for (const [signal, limit] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    send(pid, signal);
    const deadline = Date.now() + limit;
    while (Date.now() < deadline) {
      if (!(await isRunning(pid, directory))) return;
      await sleep(LOOK_MS);
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Whether the process lives and is the server of this cluster. A pid may be somebody else's by now, or a zombie that
 * nobody reaps; a server works in its cluster's folder, and Linux tells that of living processes only.
 */
async function isRunning(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'linux') {
    return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory;
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
