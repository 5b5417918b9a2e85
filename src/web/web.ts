/** What the bot serves to people: a page with its build nodes, its health, and the logs of builds. Read-only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeNow } from '../domain/node-now.ts';
import { type Health, sendHealth } from './health.ts';
import { createLogRoute, type LogAddress, type LogRouteOptions } from './log/log.ts';
import { sendPage } from './page.ts';
import { sendSentence } from './send.ts';

export interface WebOptions extends LogRouteOptions {
  instance: string;
  health(): Promise<Health>;
  nodes(): Promise<NodeNow[]>;
  /** Aborted when the bot ends: whoever still reads is let go. */
  closing: AbortSignal;
}

/** Answers a request, or returns false when the address is not one of its own. */
export type Web = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

interface Routes {
  page: Route;
  health: Route;
  log: ReturnType<typeof createLogRoute>;
  closing: AbortSignal;
}

export function createWeb(options: WebOptions): Web {
  const routes: Routes = {
    page: (request, response) => sendPage(request, response, options),
    health: (request, response) => sendHealth(request, response, options),
    log: createLogRoute(options),
    closing: options.closing,
  };
  return async (request, response) => {
    const url = parseUrl(request.url);
    const route = url && findRoute(routes, url.pathname);
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

function findRoute({ page, health, log, closing }: Routes, path: string): Route | null {
  if (path === '/') return page;
  if (path === '/health') return health;
  const match = /^\/builds\/([1-9]\d{0,9})\/(log|log\/events)$/.exec(path);
  const id = Number(match?.[1]);
  if (!(id <= LARGEST_ID)) return null;
  const address: LogAddress = match?.[2] === 'log' ? 'log' : 'events';
  return (request, response, url) => log({ request, response, url, id, closing }, address);
}
