import type { IncomingMessage, ServerResponse } from 'node:http';
import { createNodeMiddleware, Probot } from 'probot';
import type { Clock } from '../ports.ts';
import { type IntakeOptions, openIntake } from './intake.ts';
import { NoClient } from './no-client.ts';
import { probotLog } from './probot-log.ts';
import { BodyRefused, readBody } from './read-body.ts';
import { isHandled } from './translate.ts';
import { readWebhook, type Webhook } from './webhook-shape.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';
/** GitHub gives up on a delivery after 10 s. */
const BODY_TIMEOUT_MS = 5_000;

export interface WebhookRouteOptions extends IntakeOptions {
  webhookSecret: string;
  appId: number;
  privateKey: string;
  /** The largest body that is read; GitHub sends none above 25 MB: https://docs.github.com/webhooks/webhook-events-and-payloads */
  bodyLimit: number;
  clock: Clock;
}

/** Answers a request that is its own and says so; leaves any other untouched and says false. */
export type WebhookRoute = (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;

/**
 * The one door for GitHub's webhooks: signature verified, delivery recorded by its GUID, answered, queued. What is no
 * webhook gets 400 and a sentence; 500 only what could not be recorded, so that GitHub counts it as failed. Throws when the
 * secret is empty: Probot would then fall back to a public one.
 */
export async function createWebhookRoute(options: WebhookRouteOptions): Promise<WebhookRoute> {
  if (options.webhookSecret === '') throw new Error('The webhook secret must not be empty');
  const { log } = options;
  const probot = new Probot({
    appId: options.appId,
    privateKey: options.privateKey,
    secret: options.webhookSecret,
    Octokit: NoClient,
    log: probotLog(log),
  });
  const intake = openIntake(options);
  /** Texts that payloads were read from: Probot hands on the payload alone. */
  const bodies = new WeakMap<object, string>();
  const middleware = await createNodeMiddleware(
    (app) =>
      app.onAny(async ({ id: guid, name: event, payload }) => {
        if (!isHandled(event, payload)) return;
        const body = bodies.get(payload) ?? JSON.stringify(payload);
        await intake({ guid, event, body, receivedAt: options.clock.now() }).catch((error) => {
          log.error({ guid, event, error }, 'Webhook could not be recorded');
          throw new Error('The delivery could not be recorded', { cause: error });
        });
      }),
    { probot, webhooksPath: WEBHOOK_PATH },
  );

  async function receive({ guid, event, body, payload }: Webhook, res: ServerResponse): Promise<void> {
    bodies.set(payload, body);
    const received = { id: guid, name: event, payload } as Parameters<Probot['webhooks']['receive']>[0];
    const [status, type, answer] = await probot.webhooks.receive(received).then(
      () => [200, 'text/plain', 'ok\n'] as const,
      ({ message }) => [500, 'application/json', JSON.stringify({ error: message })] as const,
    );
    res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(answer) }).end(answer);
  }

  return async (req, res) => {
    if (req.url?.split('?')[0] !== WEBHOOK_PATH) return false;
    try {
      let webhook: Webhook | null = null;
      // Without a signature Probot answers 400 from the headers alone; nobody's body is read before there is one.
      if (req.method === 'POST' && req.headers['x-hub-signature-256'] !== undefined) {
        if (Number(req.headers['content-length'] ?? 0) > options.bodyLimit)
          throw new BodyRefused(413, `Body is announced larger than ${options.bodyLimit} bytes`);
        const body = await readBody(req, { limit: options.bodyLimit, timeoutMs: BODY_TIMEOUT_MS });
        Object.assign(req, { body });
        // A stranger's body is not read at all: that its signature is wrong is Probot's to say.
        if (await isSigned(probot, req, body)) webhook = readWebhook(req.headers, body);
      }
      await (webhook === null ? middleware(req, res) : receive(webhook, res));
    } catch (error) {
      const refused = error instanceof BodyRefused;
      if (!refused) log.debug({ error }, 'Webhook connection broke');
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
