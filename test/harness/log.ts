import type { Log } from '../../src/ports/basics.ts';

/** A log for tests that look at what is done, not at what is told. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that keeps what was told at level `error` and `warn`. */
export function recordingLog(): Log & {
  told: { level: 'warn' | 'error'; fields: object; message: string }[];
} {
  const told: { level: 'warn' | 'error'; fields: object; message: string }[] = [];
  return {
    ...silent,
    told,
    warn: (fields, message) => told.push({ level: 'warn', fields, message }),
    error: (fields, message) => told.push({ level: 'error', fields, message }),
  };
}
