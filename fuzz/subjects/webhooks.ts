/** Webhooks through the real HTTP route: signed, read, translated, recorded as rows are, in memory. */
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Permanent } from '../../src/domain/errors.ts';
import { translateEvent } from '../../src/handlers/translate.ts';
import { createWebhookRoute, WEBHOOK_PATH } from '../../src/handlers/webhook-route.ts';
import { silent } from '../../test/harness/log.ts';
import { promise, type Subject } from '../subject.ts';
import { changedWebhook, recordedWebhooks } from '../webhook-payloads.ts';

const SECRET = 'a secret of the fuzz runs';

interface Sent {
  event: string;
  body: string;
}

export async function webhooks(): Promise<Subject<Sent>> {
  const recorded = recordedWebhooks();
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  let kept: { guid: string; row: string } | null = null;
  const route = await createWebhookRoute({
    webhookSecret: SECRET,
    appId: 1,
    privateKey,
    bodyLimit: 25 * 1024 * 1024,
    clock: { now: () => Date.now() },
    log: silent,
    queue: { addAll: async () => undefined },
    records: {
      deliveries: {
        async recordAll(all) {
          for (const { guid, body } of all) kept = { guid, row: body };
          return new Set(all.map(({ guid }) => guid));
        },
      },
    },
  });
  const server = createServer((req, res) => void route(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${WEBHOOK_PATH}`;
  return {
    make(random) {
      const { event, payload } = changedWebhook(random, recorded);
      const body = JSON.stringify(payload) ?? 'null';
      return { event, body: random.once(50) ? body.slice(0, random.below(body.length)) : body };
    },
    async check({ event, body }) {
      const guid = randomUUID();
      kept = null;
      const { status, text } = await post(url, guid, event, body);
      promise(status === 200 || status === 400, 'a webhook is taken or refused', `${status} ${text}`);
      const meaning = translated(event, body);
      if (status === 400) {
        promise(kept === null, 'what is refused is not recorded');
        promise(JSON.parse(text).error.length > 10, 'a refusal is a sentence', text);
        return 'refused';
      }
      promise((kept === null) === (meaning === null), 'what means something is recorded, and nothing else');
      return meaning ?? 'means nothing';
    },
    show: (sent) => JSON.stringify(sent),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function post(url: string, guid: string, event: string, body: string) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

/** What the step behind the queue makes of it: an event, nothing, or an error that is final and says where. */
function translated(event: string, body: string): string | null {
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch {
    return null;
  }
  try {
    return translateEvent(event, payload)?.kind ?? null;
  } catch (error) {
    promise(error instanceof Permanent, 'a webhook that cannot be read says where', String(error));
    return 'unreadable';
  }
}
