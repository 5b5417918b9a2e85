import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Builds, Log, LogStore, Requests } from '../../ports.ts';

/** What logs are served from. */
export interface LogSource {
  records: { builds: Pick<Builds, 'get'>; requests: Pick<Requests, 'get'> };
  logs: Pick<LogStore, 'size' | 'read' | 'onAppend'>;
  log: Log;
}

/** Somebody who reads the log of one build. */
export interface Reading {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Id of the build. */
  id: number;
  /** Aborted when the bot ends. */
  closing: AbortSignal;
}

/** A reader that takes nothing for this long is gone. */
export const READER_TIMEOUT_MS = 60_000;

/** A byte to start at, as a reader gives it; null when it is none. */
export function parseOffset(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
