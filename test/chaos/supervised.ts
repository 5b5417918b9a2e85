/** Processes that an init would watch over: killed, they come back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** An end that nobody asked for. */
export interface OwnEnd {
  name: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether it had answered before. */
  wasWell: boolean;
}

export interface Supervised {
  readonly name: string;
  /** Ends it, and starts it again so much later; resolves when it is well again. */
  strike(signal: 'SIGKILL' | 'SIGTERM', downMs: number): Promise<void>;
  readonly ownEnds: readonly OwnEnd[];
  pid(): number | undefined;
  /** For good. */
  stop(): Promise<void>;
}

interface Program {
  name: string;
  argv: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
  /** Takes everything it prints, of all its lives. */
  logFile: string;
  /** Whether it answers. */
  isWell(): Promise<boolean>;
}

const WELL_TIMEOUT_MS = 180_000;
/** An init waits a little before it starts again what ends at once. */
const RESTART_AFTER_MS = 300;

/** Starts a program and starts it again whenever it ends, until it is stopped. */
export async function supervise({ name, argv, env, logFile, isWell }: Program): Promise<Supervised> {
  const log = createWriteStream(logFile, { flags: 'a' });
  const [command, ...args] = argv;
  const ownEnds: OwnEnd[] = [];
  let child: ChildProcess | null = null;
  let wasWell = false;
  let struck = false;
  let stopped = false;

  const begin = () => {
    wasWell = false;
    struck = false;
    const life = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    life.stdout.pipe(log, { end: false });
    life.stderr.pipe(log, { end: false });
    life.once('exit', (code, signal) => {
      if (child === life) child = null;
      if (struck || stopped) return;
      ownEnds.push({ name, code, signal, wasWell });
      setTimeout(() => {
        if (!stopped && child === null) begin();
      }, RESTART_AFTER_MS);
    });
    child = life;
  };
  const well = async () => {
    for (const end = Date.now() + WELL_TIMEOUT_MS; Date.now() < end && !stopped; await delay(30)) {
      if (child !== null && (await isWell().catch(() => false))) {
        wasWell = true;
        return;
      }
    }
    if (!stopped) throw new Error(`${name} did not become well within ${WELL_TIMEOUT_MS} ms; see ${logFile}`);
  };
  const end = async (signal: NodeJS.Signals) => {
    struck = true;
    const life = child;
    if (life === null || life.exitCode !== null || life.signalCode !== null) return;
    const gone = once(life, 'exit');
    life.kill(signal);
    await gone;
  };

  begin();
  await well();
  return {
    name,
    ownEnds,
    pid: () => child?.pid,
    async strike(signal, downMs) {
      await end(signal);
      child = null;
      await delay(downMs);
      if (stopped) return;
      begin();
      await well();
    },
    async stop() {
      stopped = true;
      await end('SIGTERM');
      log.end();
    },
  };
}
