import { pino } from 'pino';
import type { Log } from '../ports.ts';

const PINO_WARN = 40;

/**
 * A logger for Probot that writes to ours. Only messages pass: an error of Probot carries the whole payload, which anybody
 * may have sent. Nothing there is an error of ours (a wrong signature is the sender's), so 'warn' is the highest level.
 */
export function probotLog(log: Log) {
  const write = (line: string) => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    if (level >= PINO_WARN) log.warn({ probot: msg }, 'Probot warns');
    else log.debug({ probot: msg }, 'Probot says');
  };
  return pino(
    { level: 'debug', base: null, timestamp: false, serializers: { err: () => undefined } },
    { write },
  );
}
