import type { Log } from '../../src/ports/basics.ts';

/** A log for tests that look at what is done, not at what is told. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

interface Told {
  level: 'warn' | 'error';
  fields: object;
  message: string;
}

/** A log that keeps what was told at level `warn` and `error`, and lets a test wait for it. */
export function recordingLog(): Log & { told: Told[]; heard(part: string): Promise<Told> } {
  const told: Told[] = [];
  const listeners = new Set<() => void>();
  const tell = (line: Told) => {
    told.push(line);
    for (const listener of listeners) listener();
  };
  return {
    ...silent,
    told,
    heard: (part) =>
      new Promise((resolve) => {
        const look = () => {
          const line = told.find(({ message }) => message.includes(part));
          if (!line) return;
          listeners.delete(look);
          resolve(line);
        };
        listeners.add(look);
        look();
      }),
    warn: (fields, message) => tell({ level: 'warn', fields, message }),
    error: (fields, message) => tell({ level: 'error', fields, message }),
  };
}
