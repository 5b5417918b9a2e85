/** Webhooks as GitHub sends them, recorded or from its own examples, and changes to them. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { mutatedJson } from './json.ts';
import type { Random } from './random.ts';

export interface Webhook {
  event: string;
  payload: unknown;
}

const RECORDED = join(import.meta.dirname, '../test/fixtures/webhooks');
const HANDLED = ['issue_comment', 'pull_request', 'pull_request_review', 'check_run', 'check_suite'];

/** Every recording, and the examples of the events that mean something here. */
export function recordedWebhooks(): Webhook[] {
  const own = readdirSync(RECORDED)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(RECORDED, name), 'utf8')) as Webhook);
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
    name: string;
    examples: unknown[];
  }[];
  const theirs = examples
    .filter(({ name }) => HANDLED.includes(name))
    .flatMap(({ name, examples: payloads }) => payloads.map((payload) => ({ event: name, payload })));
  return [...own.map(({ event, payload }) => ({ event, payload })), ...theirs];
}

/** One of them, changed; once in a while under another event's name. */
export function changedWebhook(random: Random, recorded: readonly Webhook[]): Webhook {
  const { event, payload } = random.pick(recorded);
  const named = random.once(20) ? random.pick(recorded).event : event;
  return { event: named, payload: mutatedJson(payload, random) };
}
