/** What the bot serves to people: a page that says it is there, its health, and the logs of builds. Read-only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Builds, Log, LogStore } from '../ports.ts';
import { type Health, sendHealth } from './health.ts';
import { sendLog } from './log.ts';
import { sendPage } from './page.ts';
import { sendSentence } from './send.ts';

export interface WebOptions {
  instance: string;
  publicUrl: string;
  records: { builds: Pick<Builds, 'get'> };
  logs: Pick<LogStore, 'size' | 'read'>;
  health(): Promise<Health>;
  log: Log;
}

/** Answers a request, or returns false when the address is not one of its own. */
export type Web = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

export function createWeb(options: WebOptions): Web {
  return async (request, response) => {
    const url = parseUrl(request.url);
    const route = url && findRoute(options, url.pathname);
    if (!url || !route) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendSentence(request, response, 405, 'This address can only be read.');
      return true;
    }
    try {
      await route(request, response, url);
    } catch (error) {
      options.log.error({ error, path: url.pathname }, 'a page could not be served');
      if (response.headersSent) response.destroy();
      else sendSentence(request, response, 503, 'This cannot be read at the moment. Try again in a minute.');
    }
    return true;
  };
}

function parseUrl(target: string | undefined): URL | null {
  // A target that starts with two slashes would be read as another host.
  return target?.startsWith('/') ? URL.parse(`http://localhost${target}`) : null;
}

/** The largest id a row of the database can have. */
const LARGEST_ID = 2 ** 31 - 1;

function findRoute(options: WebOptions, path: string): Route | null {
  if (path === '/') return async (request, response) => sendPage(request, response, options);
  if (path === '/health') return (request, response) => sendHealth(request, response, options);
  const id = Number(/^\/builds\/([1-9]\d{0,9})\/log$/.exec(path)?.[1]);
  if (id <= LARGEST_ID)
    return (request, response, url) => sendLog(request, response, url, { ...options, id });
  return null;
}
