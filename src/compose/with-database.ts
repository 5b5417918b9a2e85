import type { Config } from '../config/config.ts';
import type { Log } from '../ports.ts';
import { type Closing, openDatabase } from './adapters.ts';

/** For commands that look, and print what they found themselves. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Lets `work` use the database of a configuration; the embedded one is started where no bot has it running. */
export async function withDatabase<T>(config: Config, work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const closing: Closing = [];
  try {
    return await work(await openDatabase(config, silentLog, closing));
  } finally {
    for (const close of closing) await close();
  }
}
