/** Recorded webhooks through the real HTTP route: what is let in, what is recorded, what is turned away. */
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { translateEvent } from '../../../src/handlers/translate.ts';
import { createWebhookRoute, WEBHOOK_PATH } from '../../../src/handlers/webhook-route.ts';
import type { Job, NewDelivery } from '../../../src/ports.ts';
import { names, recording } from './recordings.ts';

const secret = 'a secret of this test';
const BODY_LIMIT = 100_000;
const now = Date.parse('2026-01-02T03:04:05Z');
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** The two things the route may touch, and all it did to them. */
class Desk {
  readonly rows = new Map<string, Omit<NewDelivery, 'guid'>>();
  readonly jobs: Job[] = [];
  readonly warnings: string[] = [];
  failRecord: Error | null = null;
  failQueue: Error | null = null;

  readonly records = {
    deliveries: {
      recordAll: async (all: readonly NewDelivery[]) => {
        if (this.failRecord) throw this.failRecord;
        const fresh = all.filter(({ guid }) => !this.rows.has(guid));
        for (const { guid, ...row } of fresh) this.rows.set(guid, row);
        return new Set(fresh.map(({ guid }) => guid));
      },
    },
  };
  readonly queue = {
    addAll: async (jobs: readonly Job[]) => {
      if (this.failQueue) throw this.failQueue;
      this.jobs.push(...jobs);
    },
  };
  readonly #warn = (fields: object, message: string) => {
    this.warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  readonly log = { debug: () => {}, info: () => {}, warn: this.#warn, error: this.#warn };
}

const sign = (body: string | Buffer) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const route = (desk: Desk, webhookSecret = secret) =>
  createWebhookRoute({
    ...desk,
    webhookSecret,
    appId: 1,
    privateKey,
    bodyLimit: BODY_LIMIT,
    clock: { now: () => now },
  });

let desk: Desk;
let server: Server;
let base: string;

beforeEach(async () => {
  // Whoever asked GitHub anything inside the request would fail here.
  if (!nock.isActive()) nock.activate();
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
  desk = new Desk();
  const handle = await route(desk);
  server = createServer(async (req, res) => {
    if (!(await handle(req, res))) res.writeHead(404).end('not the route');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  nock.enableNetConnect();
});

/** Sends a webhook; a header of `null` is left out. */
async function deliver(
  event: string,
  body: string | Buffer,
  { guid = randomUUID(), headers = {} }: { guid?: string; headers?: Record<string, string | null> } = {},
) {
  const all: Record<string, string | null> = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': guid,
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const sent = Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null),
  );
  const response = await fetch(`${base}${WEBHOOK_PATH}`, {
    method: 'POST',
    headers: sent,
    body: new Uint8Array(Buffer.from(body)),
  });
  return { guid, status: response.status, text: await response.text() };
}

function expectNothingRecorded() {
  expect(desk.rows.size).toBe(0);
  expect(desk.jobs).toEqual([]);
}

describe('a verified webhook', () => {
  test.each(names)('%s is answered, and recorded when it means something here', async (name) => {
    const { event, payload } = await recording(name);
    const body = JSON.stringify(payload, null, 1);
    const { guid, status } = await deliver(event, body);
    expect(status).toBe(200);
    if (translateEvent(event, payload) === null) return expectNothingRecorded();
    expect(desk.rows.get(guid)).toEqual({ event, body, receivedAt: now });
    expect(desk.jobs).toEqual([{ kind: 'delivery', guid }]);
  });

  test('is queued once however often GitHub delivers it', async () => {
    const { event, payload } = await recording('issue_comment.created-on-pull-request');
    const first = await deliver(event, JSON.stringify(payload));
    const again = await deliver(event, JSON.stringify(payload), { guid: first.guid });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(desk.jobs).toEqual([{ kind: 'delivery', guid: first.guid }]);
  });

  test('counts as failed when it could not be recorded', async () => {
    desk.failRecord = new Error('the database is away');
    const { event, payload } = await recording('pull_request.opened');
    expect((await deliver(event, JSON.stringify(payload))).status).toBe(500);
    expectNothingRecorded();
    expect(desk.warnings.join()).toContain('Webhook could not be recorded');
  });

  test('is safe once recorded, even when the queue is away', async () => {
    desk.failQueue = new Error('the queue is away');
    const { event, payload } = await recording('pull_request.opened');
    const { status, guid } = await deliver(event, JSON.stringify(payload));
    expect(status).toBe(200);
    expect(desk.rows.has(guid)).toBe(true);
    expect(desk.warnings.join()).toContain('could not be queued');
  });
});

describe('what is turned away', () => {
  const body = JSON.stringify({ action: 'created', secretWord: 'xyzzy' });

  test.each([
    ['of another secret', `sha256=${createHmac('sha256', 'development').update(body).digest('hex')}`],
    ['of another body', sign(`${body} `)],
    ['that is cut short', sign(body).slice(0, -1)],
    ['of SHA-1', `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`],
    ['that is empty', ''],
  ])('a signature %s', async (_, signature) => {
    const { status } = await deliver('issue_comment', body, {
      headers: { 'x-hub-signature-256': signature },
    });
    expect(status).toBe(400);
    expectNothingRecorded();
    expect(desk.warnings.join(), 'a stranger can fill no log').not.toContain('xyzzy');
  });

  test.each(['x-hub-signature-256', 'x-github-event', 'x-github-delivery'])('no %s', async (header) => {
    const answer = await deliver('issue_comment', body, { headers: { [header]: null } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(header);
    expectNothingRecorded();
  });

  test.each([
    ['cut off', '{"action": "created"'],
    ['empty', ''],
    ['with a byte order mark', `\uFEFF${body}`],
  ])('JSON that is %s', async (_, malformed) => {
    expect((await deliver('issue_comment', malformed)).status).toBe(400);
    expectNothingRecorded();
  });

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test.each([
    ['null', 'null', 'at its top'],
    ['a number', '5', 'at its top'],
    ['a text', '"text"', 'at its top'],
    ['a list', '[]', 'at its top'],
    ['an action that is no text', '{"action":{"toString":1}}', 'at "action"'],
    ['an action too deep for the stack', `{"action":${nested(40_000)}}`, 'nested more than 100 deep'],
    ['a field too deep for JSON', `{"action":"created","a":${nested(40_000)}}`, 'nested more than 100 deep'],
    ['no installation', '{"action":"created","installation":{"id":"\u1820"}}', 'at "installation.id"'],
  ])('%s where a webhook is expected, with a sentence', async (_, odd, sentence) => {
    const answer = await deliver('issue_comment', odd);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toContain(sentence);
    expectNothingRecorded();
    const { event, payload } = await recording('pull_request.closed');
    expect((await deliver(event, JSON.stringify(payload))).status).toBe(200);
  });

  test.each([
    ['x-github-event', '__proto__'],
    ['x-github-event', 'constructor'],
    ['x-github-delivery', ''],
    ['x-github-delivery', 'x'.repeat(9_000)],
  ])('a header that GitHub does not send: %s', async (header, value) => {
    const answer = await deliver('issue_comment', body, { headers: { [header]: value } });
    expect(answer.status).toBe(400);
    expectNothingRecorded();
  });

  test('bytes that are no UTF-8, although they are signed', async () => {
    expect((await deliver('issue_comment', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))).status).toBe(400);
    expectNothingRecorded();
  });

  test('a form, which GitHub sends when the webhook is set up wrongly', async () => {
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await deliver('issue_comment', `payload=${encodeURIComponent(body)}`, form)).status).toBe(415);
    expectNothingRecorded();
  });

  /** Opens a connection and sends the head of a delivery by hand: an HTTP client would insist on sending the rest. */
  function sendHead(contentLength: number): Socket {
    const head = [
      `POST ${WEBHOOK_PATH} HTTP/1.1`,
      'host: 127.0.0.1',
      'content-type: application/json',
      'x-github-event: issue_comment',
      'x-github-delivery: 1',
      `x-hub-signature-256: ${sign('')}`,
      `content-length: ${contentLength}`,
    ];
    nock.restore(); // it would hold the head back until the request is whole
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    return socket;
  }

  test('a body above the limit, before it is sent', async () => {
    const answer = await text(sendHead(BODY_LIMIT + 1));
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expectNothingRecorded();
  });

  test('a sender that goes away in the middle, without harm to the next', async () => {
    const requested = once(server, 'request');
    const socket = sendHead(100);
    const [req] = (await requested) as [IncomingMessage];
    const broken = once(req, 'error');
    socket.destroy();
    await broken;
    const { event, payload } = await recording('pull_request.closed');
    expect((await deliver(event, JSON.stringify(payload))).status).toBe(200);
  });

  test('anything but a POST', async () => {
    expect((await fetch(`${base}${WEBHOOK_PATH}`)).status).toBe(404);
    const elsewhere = await fetch(`${base}/status`);
    expect(await elsewhere.text()).toBe('not the route');
  });

  test('an empty secret, with which Probot would take a public one', async () => {
    await expect(route(desk, '')).rejects.toThrow('secret must not be empty');
  });
});
