import type { IncomingMessage, ServerResponse } from 'node:http';
import { createNodeMiddleware, Probot } from 'probot';
import { Retryable } from '../domain/errors.ts';
import type { Clock, Deliveries, Log, Queue } from '../ports.ts';
import { probotLog } from './probot-log.ts';
import { BodyRefused, readBody } from './read-body.ts';
import { isHandled } from './translate.ts';
import { refusalOf } from './webhook-shape.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';
/** GitHub gives up on a delivery after 10 s. */
const BODY_TIMEOUT_MS = 5_000;
/** Below the 9 s after which Probot answers 202: a delivery that is not recorded must be one that failed. */
const RECORD_TIMEOUT_MS = 4_000;

export interface WebhookRouteOptions {
  webhookSecret: string;
  appId: number;
  privateKey: string;
  /** The largest body that is read; GitHub sends none above 25 MB: https://docs.github.com/webhooks/webhook-events-and-payloads */
  bodyLimit: number;
  records: { deliveries: Pick<Deliveries, 'record'> };
  queue: Queue;
  clock: Clock;
  log: Log;
}

/** Answers a request that is its own and says so; leaves any other untouched and says false. */
export type WebhookRoute = (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;

/**
 * The one door for GitHub's webhooks: signature verified, delivery recorded by its GUID, queued, answered. What is no
 * webhook gets 400 and a sentence; 500 only what could not be recorded, so that GitHub counts it as failed. Throws when the
 * secret is empty: Probot would then fall back to a public one.
 */
export async function createWebhookRoute(options: WebhookRouteOptions): Promise<WebhookRoute> {
  if (options.webhookSecret === '') throw new Error('The webhook secret must not be empty');
  const probot = new Probot({
    appId: options.appId,
    privateKey: options.privateKey,
    secret: options.webhookSecret,
    log: probotLog(options.log),
  });
  const middleware = await createNodeMiddleware(
    (app) => app.onAny(({ id, name, payload }) => recordDelivery(options, id, name, payload)),
    { probot, webhooksPath: WEBHOOK_PATH },
  );

  return async (req, res) => {
    if (req.url?.split('?')[0] !== WEBHOOK_PATH) return false;
    try {
      // Without a signature Probot answers 400 from the headers alone; nobody's body is read before there is one.
      if (req.method === 'POST' && req.headers['x-hub-signature-256'] !== undefined) {
        if (Number(req.headers['content-length'] ?? 0) > options.bodyLimit)
          throw new BodyRefused(413, `Body is announced larger than ${options.bodyLimit} bytes`);
        const body = await readBody(req, { limit: options.bodyLimit, timeoutMs: BODY_TIMEOUT_MS });
        Object.assign(req, { body });
        const { 'x-github-delivery': guid, 'x-github-event': event } = req.headers;
        // A stranger's body is not read at all: that its signature is wrong is Probot's to say.
        const refusal = (await isSigned(probot, req, body)) ? refusalOf({ guid, event, body }) : null;
        if (refusal !== null) throw new BodyRefused(400, refusal);
      }
      await middleware(req, res);
    } catch (error) {
      const refused = error instanceof BodyRefused;
      if (!refused) options.log.debug({ error }, 'Webhook connection broke');
      const { status, message } = refused ? error : { status: 400, message: 'The connection broke' };
      if (!res.headersSent) {
        const headers = { connection: 'close', 'content-type': 'application/json' };
        res.writeHead(status, headers).end(JSON.stringify({ error: message }));
      }
    }
    return true;
  };
}

async function isSigned(probot: Probot, req: IncomingMessage, body: string): Promise<boolean> {
  const signature = String(req.headers['x-hub-signature-256']);
  return body !== '' && signature !== '' && probot.webhooks.verify(body, signature);
}

async function recordDelivery(
  { records, queue, clock, log }: WebhookRouteOptions,
  guid: string,
  event: string,
  payload: unknown,
): Promise<void> {
  if (!isHandled(event, payload)) return;
  try {
    const recording = records.deliveries.record({ guid, event, payload, receivedAt: clock.now() });
    if ((await inTime(recording, RECORD_TIMEOUT_MS)) === 'known') return;
  } catch (error) {
    log.error({ guid, event, error }, 'Webhook could not be recorded');
    throw new Error('The delivery could not be recorded', { cause: error });
  }
  // The row is there: should this fail, or the process die before it, the reconciler queues it again.
  await inTime(queue.add({ kind: 'delivery', guid }), RECORD_TIMEOUT_MS).catch((error) =>
    log.warn({ guid, error }, 'Delivery is recorded but could not be queued'),
  );
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Retryable(`No answer after ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
