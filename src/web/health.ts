import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../ports.ts';
import { send } from './send.ts';

export interface Health {
  ok: boolean;
  /** The bot is ending: a proxy is to send to another one, though all still works. */
  draining?: boolean;
  /** Each part by name, true when it works; reasons belong in the log, not on a public page. */
  parts: Record<string, boolean>;
}

/** A probe that hangs is a failed probe; shorter than the patience of those who ask (Docker, a load balancer). */
const HEALTH_TIMEOUT_MS = 4_000;

export async function sendHealth(
  request: IncomingMessage,
  response: ServerResponse,
  options: { health(): Promise<Health>; instance: string; log: Log },
): Promise<void> {
  const { ok, draining = false, parts } = await ask(options);
  const words = Object.fromEntries(
    Object.entries(parts).map(([name, works]) => [name, works ? 'ok' : 'failing']),
  );
  const failing = ok ? 'ok' : 'failing';
  const status = ok && draining ? 'draining' : failing;
  const body = `${JSON.stringify({ status, instance: options.instance, parts: words })}\n`;
  send(request, response, { status: status === 'ok' ? 200 : 503, type: 'application/json', body });
}

const NO_ANSWER: Health = { ok: false, parts: { answer: false } };

/** Always an answer: who asks for the health of a sick bot should hear that it is sick. */
async function ask({ health, log }: { health(): Promise<Health>; log: Log }): Promise<Health> {
  const late = Promise.withResolvers<Health>();
  const timer = setTimeout(() => late.resolve(NO_ANSWER), HEALTH_TIMEOUT_MS);
  try {
    return await Promise.race([health(), late.promise]);
  } catch (error) {
    log.error({ error }, 'the health could not be asked for');
    return NO_ANSWER;
  } finally {
    clearTimeout(timer);
  }
}
