import { spawn } from 'node:child_process';
import type { Transport } from '../ports.ts';
import { type Started, transportOver } from './started.ts';

/** What a command on this machine may know of the bot's environment: nothing that could be a secret. */
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** Runs commands on this machine, without a shell, each in a session of its own and in a clean environment. */
export function localTransport(): Transport {
  const running = new Set<Started>();
  const since = Date.now();
  return transportOver(
    'this machine',
    async (argv, hasInput, { signal }) => {
      signal.throwIfAborted();
      const command = startHere(argv, hasInput);
      running.add(command);
      const forget = () => running.delete(command);
      command.exit.then(forget, forget);
      return command;
    },
    {
      health: () => ({ state: 'connected', since, detail: 'this machine', failures: 0, setAsideUntil: null }),
      async close() {
        for (const command of running) command.kill();
        await Promise.allSettled([...running].map((command) => command.exit));
      },
    },
  );
}

function startHere(argv: readonly string[], hasInput: boolean): Started {
  const [program = '', ...rest] = argv;
  const env = Object.fromEntries(PASSED.flatMap((name) => [[name, process.env[name]]]));
  const child = spawn(program, rest, { env, detached: true, stdio: 'pipe' });
  if (!hasInput) child.stdin.end();
  const exit = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => resolve(code));
    child.on('error', () => resolve(127)); // what a shell says of a program that is not there
  });
  return {
    stdin: hasInput ? child.stdin : null,
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it ended in this very moment
      }
    },
  };
}
