/** The HTTP server: REST at the root as on api.github.com, git beside it as on github.com. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiSettings, type Handled, handleApi, type RawRequest } from './api.ts';
import { type Fault, FaultPlan } from './faults.ts';
import { gitTarget, serveGit } from './git-http.ts';
import { pageAt } from './pages.ts';
import type { ApiAnswer } from './routes/route.ts';

/** One REST request that was answered (or cut: status 0). */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** As in GitHub's description, such as `/repos/{owner}/{repo}`; null for unknown routes. */
  readonly template: string | null;
  readonly operationId: string | null;
  readonly status: number;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  /** The App's slug for its JWT, the bot's login for an installation token, null for nobody. */
  readonly actor: string | null;
  readonly body: string;
}

export interface GitRequestRecord {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly at: number;
}

const longestBody = 40 * 1024 * 1024;

export class HttpServer {
  readonly faults = new FaultPlan();
  readonly requests: RequestRecord[] = [];
  readonly gitRequests: GitRequestRecord[] = [];
  readonly #settings: ApiSettings;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(settings: ApiSettings) {
    this.#settings = settings;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!this.#closing.signal.aborted && !response.destroyed) {
          settings.world.violation(`${request.method} ${request.url}: the double broke: ${String(error)}`);
        }
        response.destroy();
      });
    });
  }

  /** Listens on a free port of 127.0.0.1; resolves with the base address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const method = request.method ?? 'GET';
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const fault = this.faults.take(method, pathname);
    const target = gitTarget(this.#settings.world, pathname);
    if (target !== null) {
      const status = await this.#serveGit(fault, target, request, response);
      this.gitRequests.push({ method, path: pathname, status, at });
      this.#settings.world.changed('request', pathname);
      return;
    }
    const html = method === 'GET' && isBrowser(request) ? pageAt(this.#settings.world, pathname) : null;
    if (html !== null) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
      return;
    }
    const body = await readBody(request);
    const raw = { method, path: pathname, query: searchParams, headers: flat(request.headers), body };
    const { handled, status } = await this.#answer(fault, raw, response);
    this.requests.push({
      method,
      path: pathname,
      query: searchParams.toString(),
      template: handled?.template ?? null,
      operationId: handled?.operationId ?? null,
      status,
      at,
      durationMs: Date.now() - at,
      actor: handled?.actor ?? null,
      body,
    });
    handled?.finish();
    this.#settings.world.changed('request', pathname);
  }

  async #serveGit(
    fault: Fault | null,
    target: NonNullable<ReturnType<typeof gitTarget>>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<number> {
    if (fault?.hang !== undefined) await sleep(fault.hang, undefined, { signal: this.#closing.signal });
    if (fault?.drop === true) {
      response.destroy();
      return 0;
    }
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end();
      return fault.status;
    }
    return await serveGit(this.#settings, target, request, response);
  }

  async #answer(
    fault: Fault | null,
    raw: RawRequest,
    response: ServerResponse,
  ): Promise<{ handled: Handled | null; status: number }> {
    const replaces = fault?.status !== undefined || fault?.drop === true;
    const handled = replaces && fault.after !== true ? null : await handleApi(this.#settings, raw);
    if (fault?.hang !== undefined) await sleep(fault.hang, undefined, { signal: this.#closing.signal });
    if (fault?.drop === true) {
      response.destroy();
      return { handled, status: 0 };
    }
    const answer = fault?.status === undefined ? handled?.answer : faultAnswer(fault, fault.status);
    if (answer === undefined) throw new Error('a request without an answer');
    send(response, answer);
    return { handled, status: answer.status };
  }
}

function isBrowser(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

function faultAnswer(fault: Fault, status: number): ApiAnswer {
  return { status, body: fault.body ?? { message: `planned fault ${status}` }, headers: fault.headers ?? {} };
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  const headers: Record<string, string> = {
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
    ...answer.headers,
  };
  if (answer.raw !== undefined) {
    response.writeHead(answer.status, { ...headers, 'content-type': answer.raw.type }).end(answer.raw.data);
  } else if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end();
  } else {
    headers['content-type'] = 'application/json; charset=utf-8';
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestBody) throw new Error('the request body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function flat(headers: IncomingMessage['headers']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}
