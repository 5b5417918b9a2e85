/** What a webhook must look like before Probot sees it: what it does not expect it answers with 500, as if we had failed. */
import { z } from 'zod';
import { Permanent } from '../domain/errors.ts';
import { id, readPayload } from './payload.ts';

/** GitHub's own nest less than ten deep; our stack and PostgreSQL's end at some thousands. */
const MOST_NESTED = 100;
const GUID = /^[\w-]{1,100}$/;
const EVENT = /^[a-z][a-z_]{0,99}$/;

/** What Probot reads: the handlers it looks up, and the installation it makes a client for. */
const readByProbot = z.object({ action: z.string().optional(), installation: z.object({ id }).nullish() });

interface Webhook {
  /** Headers, which no signature covers; one that is missing is Probot's to answer. */
  guid: unknown;
  event: unknown;
  body: string;
}

/** Why a signed webhook cannot be taken, as a sentence; null when it can, or when Probot says so itself (it is not JSON). */
export function refusalOf({ guid, event, body }: Webhook): string | null {
  if (typeof guid === 'string' && !GUID.test(guid)) return 'X-GitHub-Delivery is no GUID';
  // Every object has a `constructor`: Probot would take it for a handler.
  if (typeof event === 'string' && (!EVENT.test(event) || event in {})) return 'X-GitHub-Event is no event';
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch {
    return null;
  }
  if (nestsDeeper(payload, MOST_NESTED)) return `The webhook is nested more than ${MOST_NESTED} deep`;
  try {
    readPayload(readByProbot, payload);
    return null;
  } catch (error) {
    if (error instanceof Permanent) return error.message;
    throw error;
  }
}

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
