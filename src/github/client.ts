/** The HTTP side of Octokit: authentication, pacing, a time limit, the log. */
import { createAppAuth } from '@octokit/auth-app';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit as BaseOctokit } from '@octokit/rest';
import Bottleneck from 'bottleneck';
import { Permanent } from '../domain/errors.ts';
import type { Log } from '../ports.ts';
import { LED_ON, narrowAuth, type Reach } from './narrow.ts';

const Octokit = BaseOctokit.plugin(throttling);
export type Octokit = BaseOctokit;

/** One request and its whole answer. */
const REQUEST_TIMEOUT_MS = 15_000;
/** One is followed: from a repository's old name to its id. */
const REDIRECTS: readonly number[] = [301, 302, 307, 308];
/** A rate limit that ends sooner is waited for here; a longer one is the queue's to wait for. */
const LONGEST_RATE_LIMIT_WAIT_S = 30;
const RATE_LIMIT_RETRIES = 3;

/** `burst` writes go out at once, then one each `refillMs` (a multiple of 250). */
export interface Pacing {
  burst: number;
  refillMs: number;
}

/** GitHub allows 80 writes a minute: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const GITHUB_PACING: Pacing = { burst: 20, refillMs: 1000 };

export interface ClientOptions {
  appId: number;
  privateKey: string;
  apiUrl: string;
  pacing?: Pacing;
  log: Log;
}

export interface Clients {
  /** Speaks as the App itself: it may only ask for installations, and for what was sent to it. */
  app: Octokit;
  /** Speaks as an installation, with a token of its own that reaches no further and is renewed before it ends. */
  installation(id: number, reach: Reach): Octokit;
  /** HTTP requests sent so far. */
  requests(): number;
}

export function createClients({
  appId,
  privateKey,
  apiUrl,
  log,
  pacing = GITHUB_PACING,
}: ClientOptions): Clients {
  let requests = 0;
  const write = new Bottleneck.Group({
    reservoir: pacing.burst,
    reservoirIncreaseAmount: 1,
    reservoirIncreaseInterval: pacing.refillMs,
    reservoirIncreaseMaximum: pacing.burst,
  });
  const unpaced = new Bottleneck.Group();
  const worthWaiting = (waitS: number, _options: unknown, _octokit: unknown, retries: number) => {
    const retry = waitS <= LONGEST_RATE_LIMIT_WAIT_S && retries < RATE_LIMIT_RETRIES;
    log.warn({ waitS, retries, retry }, 'GitHub limits the rate of requests');
    return retry;
  };
  const told = new Set<string>();
  const moved = (from: string) => {
    const name = /\/repos\/([^/]+\/[^/?]+)/.exec(from)?.[1] ?? from;
    if (told.has(name)) return;
    told.add(name);
    log.warn(
      { name },
      'GitHub has another name for a repository: change it in the configuration and restart',
    );
  };
  const create = (installationId?: number, reach?: Reach) =>
    new Octokit({
      authStrategy: reach === undefined ? createAppAuth : narrowAuth,
      auth: { appId, privateKey, ...(reach === undefined ? {} : { installationId, reach }) },
      baseUrl: apiUrl,
      userAgent: 'stratobot',
      log: octokitLog(log),
      request: {
        fetch: (url: string, init: RequestInit) => {
          requests += 1;
          return fetchWhole(url, init, moved);
        },
      },
      throttle: {
        id: String(installationId ?? 'app'),
        write,
        // Every write counts above; the plugin's own 3 s between comments would only make people wait.
        notifications: unpaced,
        onRateLimit: worthWaiting,
        onSecondaryRateLimit: worthWaiting,
      },
    });
  return { app: create(), installation: create, requests: () => requests };
}

/**
 * `fetch` that ends in time and gives the whole body or fails: Octokit takes a body that breaks off for an empty one. A name
 * such as `..` would make another URL of the one that was meant (a label's DELETE would take all labels): refused.
 * A renamed repository is followed with the same method and body, where `fetch` would make a GET of a POST.
 */
async function fetchWhole(url: string, init: RequestInit, moved: (from: string) => void): Promise<Response> {
  if (/\/\.{1,2}(?:[/?]|$)/.test(url)) throw new Permanent(`No request to ${url}: it has a dot for a name`);
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const send = (to: string) => fetch(to, { ...init, redirect: 'manual', signal });
  let response = await send(url);
  const led = REDIRECTS.includes(response.status);
  if (led) {
    const to = URL.parse(response.headers.get('location') ?? '', url);
    // The token is for GitHub alone.
    if (to === null || to.origin !== new URL(url).origin)
      throw new Permanent(`GitHub leads ${url} on to ${to?.origin ?? 'nowhere'}, which is not followed`);
    await response.body?.cancel();
    moved(url);
    response = await send(to.href);
  }
  if (REDIRECTS.includes(response.status)) throw new Permanent(`GitHub leads ${url} on more than once`);
  const body = await response.arrayBuffer();
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (led) headers.set(LED_ON, 'yes');
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

/** Octokit writes a line per request, and an error for every 404; what matters is thrown and told by the caller. */
function octokitLog(log: Log) {
  const debug = (message: string) => log.debug({ request: message }, 'GitHub request');
  return {
    debug: () => {},
    info: debug,
    warn: (message: string) => log.warn({ octokit: message }, 'Octokit warns'),
    error: debug,
  };
}
