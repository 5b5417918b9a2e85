/** One process of this machine at a time; the kernel ends a turn with its process. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Retryable } from '../../domain/errors.ts';

const LOOK_MS = 20;
/** Longer than a server takes to recover. */
const TURN_TIMEOUT_MS = 120_000;

/**
 * Does the work while no other process does any for the same folder. Who has the turn listens on an abstract socket of Linux,
 * a name without a file: nothing is left over when it is killed.
 * @throws Retryable when the turn does not come
 */
export async function inTurn<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const digest = createHash('sha256').update(directory).digest('hex');
  const turn = await take(`\0stratobot-postgres-${digest.slice(0, 32)}`);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => turn.close(resolve));
  }
}

async function take(name: string): Promise<Server> {
  for (const end = Date.now() + TURN_TIMEOUT_MS; Date.now() < end; await sleep(LOOK_MS)) {
    const server = await listen(name);
    if (server !== null) return server;
  }
  throw new Retryable('another process has been starting the database of this data folder for too long');
}

/** Null when somebody else has the name. */
async function listen(name: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}
