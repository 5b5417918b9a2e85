/** A second network on this machine, joined to it by a cable that can be pulled. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

export interface Network {
  /** Address of the other end. */
  host: string;
  /** What to put before a command so that it runs over there. */
  within: readonly string[];
  /** From now on nothing goes through, and nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

const run = promisify(execFile);
const ip = (...args: string[]) => run('ip', args, { timeout: 10_000 });

/** Makes the network, or says why this machine cannot. With CI set it must. */
export async function openNetwork(): Promise<Network | string> {
  const name = `strato${process.pid}`;
  const [here, there] = [`${name}a`, `${name}b`];
  // A net of two addresses out of those for tests of networks (RFC 2544).
  const net = `198.18.${process.pid % 256}.${4 * (Math.floor(process.pid / 256) % 64)}`;
  const at = (last: number) => net.replace(/\d+$/, (start) => String(Number(start) + last));
  const inside = (...args: string[]) => ip('netns', 'exec', name, 'ip', ...args);
  const close = async () => {
    await ip('link', 'delete', here).catch(() => {});
    await ip('netns', 'delete', name).catch(() => {});
  };
  // Also when the tests are killed.
  const watch =
    'while kill -0 "$1" 2>&- && ip netns pids "$2" >&- 2>&-; do sleep 1; done; kill -9 $(ip netns pids "$2"); ip netns delete "$2"';
  try {
    await ip('netns', 'add', name);
    const options = { detached: true, stdio: 'ignore' } as const;
    spawn('sh', ['-c', watch, 'watch', String(process.pid), name], options).unref();
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
    await ip('address', 'add', `${at(1)}/30`, 'dev', here);
    await inside('address', 'add', `${at(2)}/30`, 'dev', there);
    await inside('link', 'set', 'lo', 'up');
    await inside('link', 'set', there, 'up');
    await ip('link', 'set', here, 'up');
  } catch (error) {
    await close();
    if (process.env.CI && process.env.CI !== 'false') throw error;
    return `a network of our own cannot be made: ${String(error).split('\n')[0]}`;
  }
  return {
    host: at(2),
    within: ['ip', 'netns', 'exec', name],
    cut: async () => void (await inside('link', 'set', there, 'down')),
    mend: async () => void (await inside('link', 'set', there, 'up')),
    close,
  };
}
