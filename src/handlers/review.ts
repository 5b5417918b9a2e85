import { z } from 'zod';
import type { ReviewEvent } from '../domain/events.ts';
import { account, id, number, readPayload, repository, sha } from './payload.ts';

const reviewed = z.object({
  repository,
  pull_request: z.object({ number }),
  review: z.object({
    id,
    user: account,
    state: z.enum(['approved', 'changes_requested', 'commented', 'dismissed']),
    commit_id: sha,
  }),
});

/** `pull_request_review.submitted` and `dismissed`; a dismissed review says so in its state. */
export function reviewChanged(payload: unknown): ReviewEvent {
  const { repository, pull_request, review } = readPayload(reviewed, payload);
  return {
    kind: 'review',
    repo: repository.full_name,
    number: pull_request.number,
    reviewId: review.id,
    reviewer: review.user,
    state: review.state,
    commit: review.commit_id,
  };
}
