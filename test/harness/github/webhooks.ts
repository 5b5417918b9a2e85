/** Sends webhooks as GitHub does: signed, once, each in the delivery log, whatever comes of it. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Installation, Json, Repository } from './model.ts';
import { payloadProblems } from './openapi.ts';
import type { World } from './world.ts';

/** An event that happened, with its payload as it was then. */
export interface RaisedEvent {
  readonly event: string;
  readonly payload: Json;
  readonly repo: Repository | null;
  readonly installation: Installation | undefined;
}

/** One attempt to deliver a webhook; GitHub numbers attempts, a redelivery keeps the GUID. */
export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Json;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  readonly durationMs: number;
  readonly status: string;
  readonly statusCode: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
}

interface Outcome {
  readonly status: string;
  readonly statusCode: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

/** GitHub gives a receiver 10 seconds. */
const answerTimeoutMs = 10_000;

const unreachable: Outcome = {
  status: 'failed to connect to host',
  statusCode: 502,
  responseHeaders: {},
  responseBody: '',
};

/** Sent to every App, asked for or not. */
const alwaysSent = new Set(['installation', 'installation_repositories', 'ping']);

export class WebhookSender {
  readonly deliveries: Delivery[] = [];
  url: string | null = null;
  readonly #world: World;
  readonly #secret: string;
  readonly #validate: boolean;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(world: World, secret: string, validate: boolean) {
    this.#world = world;
    this.#secret = secret;
    this.#validate = validate;
  }

  /** Delivers events in order. `lost`: nothing reaches the receiver, yet the log holds the failure. */
  async deliver(events: readonly RaisedEvent[], lost = false): Promise<void> {
    for (const raised of events) {
      const { event, payload, repo, installation } = raised;
      if (installation === undefined) continue;
      if (!alwaysSent.has(event) && !this.#world.app.events.includes(event)) continue;
      if (this.#validate)
        for (const problem of payloadProblems(event, payload)) this.#world.violation(problem);
      const ids = { installationId: installation.id, repositoryId: repo?.id ?? null };
      await this.#attempt({ guid: randomUUID(), event, payload, redelivery: false, lost, ...ids });
    }
  }

  /** The same without waiting, for what the App itself caused. */
  dispatch(events: readonly RaisedEvent[]): void {
    if (events.length === 0) return;
    const sending = this.deliver(events).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Sends a delivery of the log again, with its GUID. */
  async redeliver(delivery: Delivery): Promise<Delivery> {
    return await this.#attempt({ ...delivery, redelivery: true, lost: false });
  }

  /** Sends any payload, unchecked; headers are laid over GitHub's own. */
  async sendRaw(event: string, payload: Json, headers: Record<string, string> = {}): Promise<Delivery> {
    const ids = { installationId: null, repositoryId: null };
    return await this.#attempt({
      guid: randomUUID(),
      event,
      payload,
      redelivery: false,
      lost: false,
      headers,
      ...ids,
    });
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #attempt(sending: {
    guid: string;
    event: string;
    payload: Json;
    redelivery: boolean;
    lost: boolean;
    installationId: number | null;
    repositoryId: number | null;
    headers?: Record<string, string>;
  }): Promise<Delivery> {
    const { lost, headers, ...kept } = sending;
    const body = JSON.stringify(sending.payload);
    const requestHeaders = { ...this.#headers(sending.event, sending.guid, body), ...headers };
    const started = performance.now();
    const deliveredAt = this.#world.now();
    const outcome = lost ? unreachable : await this.#post(requestHeaders, body);
    const action = sending.payload.action;
    const delivery: Delivery = {
      guid: kept.guid,
      event: kept.event,
      payload: kept.payload,
      redelivery: kept.redelivery,
      installationId: kept.installationId,
      repositoryId: kept.repositoryId,
      id: this.#world.nextId(),
      action: typeof action === 'string' ? action : null,
      requestHeaders,
      deliveredAt,
      durationMs: performance.now() - started,
      ...outcome,
    };
    this.deliveries.push(delivery);
    this.#world.changed('delivery', delivery);
    return delivery;
  }

  #headers(event: string, guid: string, body: string): Record<string, string> {
    return {
      Accept: '*/*',
      'content-type': 'application/json',
      'User-Agent': 'GitHub-Hookshot/7ea4e72',
      'X-GitHub-Delivery': guid,
      'X-GitHub-Event': event,
      'X-GitHub-Hook-ID': String(this.#world.app.id + 1),
      'X-GitHub-Hook-Installation-Target-ID': String(this.#world.app.id),
      'X-GitHub-Hook-Installation-Target-Type': 'integration',
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', this.#secret).update(body).digest('hex')}`,
    };
  }

  async #post(headers: Record<string, string>, body: string): Promise<Outcome> {
    if (this.url === null) return unreachable;
    const signal = AbortSignal.any([AbortSignal.timeout(answerTimeoutMs), this.#closing.signal]);
    try {
      const response = await fetch(this.url, { method: 'POST', headers, body, signal });
      const responseBody = await response.text();
      return {
        status: response.ok ? 'OK' : response.statusText || `Invalid HTTP Response: ${response.status}`,
        statusCode: response.status,
        responseHeaders: Object.fromEntries(response.headers),
        responseBody,
      };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return timedOut ? { ...unreachable, status: 'timed out', statusCode: 504 } : unreachable;
    }
  }
}
