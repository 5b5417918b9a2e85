/** The log of the process: lines to read on a terminal, JSON elsewhere, and no secret in either. */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../ports.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** @param output standard output unless a test looks at it */
export function createLog(
  level: LogLevel,
  output: NodeJS.WritableStream & { isTTY?: boolean } = process.stdout,
): Log {
  const destination = output.isTTY
    ? pretty({ destination: output, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : output;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => cleanFields(fields),
      },
    },
    destination,
  );
}

const COVERED = '[covered]';
const SECRET_KEY =
  /^(x-)?(authorization|cookie|password|passphrase|secret|token|.*[-_]?(secret|token|privatekey|private_key|accesskey|access_key|signature(-256)?))$/i;
/** GitHub's tokens, credentials in an address, keys in PEM. */
const SECRET_TEXT =
  /\b(gh[a-z]_|github_pat_)\w{10,}|(?<=:\/\/)[^/\s@:]*:[^/\s@]+(?=@)|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const DEEPEST = 8;

function cleanFields(fields: object): Record<string, unknown> {
  return clean(fields, 0, new Set()) as Record<string, unknown>;
}

/** A copy without secrets. Errors become plain objects; circles, buffers and what lies too deep are named, not shown. */
function clean(value: unknown, depth: number, parents: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return value.replace(SECRET_TEXT, COVERED);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (parents.has(value)) return '[circle]';
  if (depth > DEEPEST) return '[deeper]';
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const inside = new Set(parents).add(value);
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1, inside));
  const entries: [string, unknown][] = value instanceof Error ? errorFields(value) : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key,
      SECRET_KEY.test(key) && item !== null ? COVERED : clean(item, depth + 1, inside),
    ]),
  );
}

/** What an error says of itself first, then what a library hung on it (`code`, `status`, …). */
function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error;
  return [
    ['type', name],
    ['message', message],
    ['stack', stack],
    ...(cause === undefined ? [] : [['cause', cause] as [string, unknown]]),
    ...Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key)),
  ];
}
