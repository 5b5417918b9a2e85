import { z } from 'zod';
import type { ClosedEvent, DraftEvent, HeadEvent, LabelEvent } from '../domain/events.ts';
import { account, number, readPayload, repository, sha, time } from './payload.ts';

const pullRequest = z.object({ number, head: z.object({ sha }), updated_at: time });
const changed = z.object({ repository, pull_request: pullRequest });
const labeled = changed.extend({ label: z.object({ name: z.string() }), sender: account });
const closed = changed.extend({ pull_request: pullRequest.extend({ merged: z.boolean() }), sender: account });

/** `pull_request.opened`: the head did not move, it came with the pull request. */
export function pullRequestOpened(payload: unknown): HeadEvent {
  return { ...headMoved(payload), movedAt: null };
}

/**
 * `pull_request.synchronize`, and `reopened`: commits pushed while the pull request was closed become its head only now,
 * without a `synchronize`. A head that was known before keeps the time it was first seen.
 */
export function headMoved(payload: unknown): HeadEvent {
  const { repository, pull_request } = readPayload(changed, payload);
  return {
    kind: 'head',
    repo: repository.full_name,
    number: pull_request.number,
    headSha: pull_request.head.sha,
    movedAt: pull_request.updated_at,
    at: pull_request.updated_at,
  };
}

/** `pull_request.labeled`; the payload has no time of its own, the label is the pull request's last change. */
export function pullRequestLabeled(payload: unknown): LabelEvent {
  const { repository, pull_request, label, sender } = readPayload(labeled, payload);
  return {
    kind: 'label',
    repo: repository.full_name,
    number: pull_request.number,
    label: label.name,
    by: sender,
    headSha: pull_request.head.sha,
    at: pull_request.updated_at,
  };
}

/** `pull_request.converted_to_draft`; the way back, `ready_for_review`, asks for nothing. */
export function convertedToDraft(payload: unknown): DraftEvent {
  const { repository, pull_request } = readPayload(changed, payload);
  return { kind: 'draft', repo: repository.full_name, number: pull_request.number };
}

/** `pull_request.closed`, merged or not. */
export function pullRequestClosed(payload: unknown): ClosedEvent {
  const { repository, pull_request, sender } = readPayload(closed, payload);
  return {
    kind: 'closed',
    repo: repository.full_name,
    number: pull_request.number,
    merged: pull_request.merged,
    by: sender,
    at: pull_request.updated_at,
  };
}
