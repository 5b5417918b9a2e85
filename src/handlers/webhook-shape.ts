/** What a webhook must look like before Probot sees it: what it does not expect it answers with 500, as if we had failed. */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { Permanent } from '../domain/errors.ts';
import { id, readPayload } from './payload.ts';
import { BodyRefused } from './read-body.ts';

/** GitHub's own nest less than ten deep; our stack and PostgreSQL's end at some thousands. */
const MOST_NESTED = 100;
const GUID = /^[\w-]{1,100}$/;
const EVENT = /^[a-z][a-z_]{0,99}$/;

/** What Probot reads: the handlers it looks up, and the installation it makes a client for. */
const readByProbot = z.object({ action: z.string().optional(), installation: z.object({ id }).nullish() });

const JSON_TYPE = /^\s*application\/json\s*(;|$)/;

/** A webhook that can be taken. */
export interface Webhook {
  guid: string;
  event: string;
  /** As it came, and what it says. */
  body: string;
  payload: object;
}

/**
 * Reads a webhook whose body is signed; the headers are covered by no signature. Null when Probot answers it: a header is
 * missing, or it is not JSON. Throws BodyRefused with a sentence when it cannot be taken.
 */
export function readWebhook(headers: IncomingHttpHeaders, body: string): Webhook | null {
  const { 'x-github-delivery': guid, 'x-github-event': event, 'content-type': type = '' } = headers;
  if (typeof guid === 'string' && !GUID.test(guid)) throw refused('X-GitHub-Delivery is no GUID');
  // Every object has a `constructor`: Probot would take it for a handler.
  if (typeof event === 'string' && (!EVENT.test(event) || event in {}))
    throw refused('X-GitHub-Event is no event');
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch {
    return null;
  }
  if (nestsDeeper(payload, MOST_NESTED)) throw refused(`The webhook is nested more than ${MOST_NESTED} deep`);
  try {
    readPayload(readByProbot, payload);
  } catch (error) {
    throw error instanceof Permanent ? refused(error.message) : error;
  }
  if (typeof guid !== 'string' || typeof event !== 'string' || !JSON_TYPE.test(type)) return null;
  return { guid, event, body, payload: payload as object };
}

const refused = (sentence: string) => new BodyRefused(400, sentence);

/** Level by level: no stack is deep enough for what a stranger nests. */
function nestsDeeper(value: unknown, most: number): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === most) return true;
    level = level.flatMap((outer) => Object.values(outer).filter(isNested));
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
