import type { DomainEvent } from '../domain/events.ts';
import type { TranslateEvent } from '../ports.ts';
import { checkActionRequested, checkRerequested, suiteRerequested } from './check.ts';
import { commentCreated, commentEdited } from './comment.ts';
import {
  convertedToDraft,
  headMoved,
  pullRequestClosed,
  pullRequestLabeled,
  pullRequestOpened,
} from './pull-request.ts';
import { reviewChanged } from './review.ts';

/** Every webhook that means something here, as `event.action`. */
const translators = new Map<string, (payload: unknown) => DomainEvent | null>([
  ['issue_comment.created', commentCreated],
  ['issue_comment.edited', commentEdited],
  ['pull_request.opened', pullRequestOpened],
  ['pull_request.reopened', headMoved],
  ['pull_request.synchronize', headMoved],
  ['pull_request.labeled', pullRequestLabeled],
  ['pull_request.converted_to_draft', convertedToDraft],
  ['pull_request.closed', pullRequestClosed],
  ['pull_request_review.submitted', reviewChanged],
  ['pull_request_review.dismissed', reviewChanged],
  ['check_run.rerequested', checkRerequested],
  ['check_run.requested_action', checkActionRequested],
  ['check_suite.rerequested', suiteRerequested],
]);

/** The events the App subscribes to; app.yml names the same. */
export const handledEvents: readonly string[] = [
  ...new Set([...translators.keys()].map((key) => key.slice(0, key.indexOf('.')))),
];

/** Whether the webhook means something here, and so is worth a row; one that cannot be read is, so that somebody hears of it. */
export function isHandled(event: string, payload: unknown): boolean {
  try {
    return translateEvent(event, payload) !== null;
  } catch {
    return true;
  }
}

export const translateEvent: TranslateEvent = (event, payload) =>
  translatorOf(event, payload)?.(payload) ?? null;

function translatorOf(event: string, payload: unknown) {
  if (typeof payload !== 'object' || payload === null || !('action' in payload)) return undefined;
  if (typeof payload.action !== 'string') return undefined;
  return translators.get(`${event}.${payload.action}`);
}
