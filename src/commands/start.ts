/** Runs the bot until a signal ends it. */
import type { Config } from '../config/config.ts';
import type { Log } from '../ports.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** The running bot, as compose.ts gives it. */
interface Running {
  url: string;
  /** Takes nothing new, ends what is in hand, closes every connection. */
  close(reason: string): Promise<void>;
}

export type Start = (config: Config, tools: { log: Log }) => Promise<Running>;

/** What of the process this needs; a test gives its own. */
export interface Signals {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** Longer than what any step in hand may take to stop; shorter than the patience of an init, 90 s with systemd. */
const DRAIN_TIMEOUT_MS = 60_000;

export async function start(
  config: Config,
  log: Log,
  startStratobot: Start,
  signals: Signals = process,
): Promise<ExitCode> {
  const asked = Promise.withResolvers<string>();
  let signalled = false;
  const listen = (signal: 'SIGTERM' | 'SIGINT') => () => {
    if (signalled) {
      log.warn({ signal }, 'second signal: ending at once');
      signals.exit(EXIT.failure);
    }
    signalled = true;
    asked.resolve(signal);
  };
  const onTerm = listen('SIGTERM');
  const onInt = listen('SIGINT');
  // Before anything runs: as PID 1 of a container the process would otherwise ignore both.
  signals.on('SIGTERM', onTerm);
  signals.on('SIGINT', onInt);
  try {
    const running = await startStratobot(config, { log });
    log.info({ url: running.url, instance: config.instance }, 'ready');
    const reason = await asked.promise;
    log.info({ reason }, 'ending: finishing what is in hand');
    return await drain(running, reason, log);
  } finally {
    signals.off('SIGTERM', onTerm);
    signals.off('SIGINT', onInt);
  }
}

async function drain(running: Running, reason: string, log: Log): Promise<ExitCode> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), DRAIN_TIMEOUT_MS);
  const ended = await Promise.race([running.close(reason), late.promise]).finally(() => clearTimeout(timer));
  if (ended !== 'late') return EXIT.ok;
  log.error(
    { seconds: DRAIN_TIMEOUT_MS / 1000 },
    'something did not end in time; the next start takes it up again',
  );
  return EXIT.failure;
}
