import { z } from 'zod';
import type { CommentEvent } from '../domain/events.ts';
import { account, id, number, readPayload, repository, time } from './payload.ts';

const created = z.object({
  repository,
  issue: z.object({ number, pull_request: z.unknown().optional() }),
  comment: z.object({
    id,
    user: account,
    body: z.string(),
    created_at: time,
    performed_via_github_app: z.unknown().optional(),
  }),
});

/** `issue_comment.created`; only pull requests carry `issue.pull_request`. */
export function commentCreated(payload: unknown): CommentEvent {
  const { repository, issue, comment } = readPayload(created, payload);
  return {
    kind: 'comment',
    repo: repository.full_name,
    number: issue.number,
    isPullRequest: Boolean(issue.pull_request),
    commentId: comment.id,
    // An App may also write in a person's name: that is no person's command either.
    author: { ...comment.user, isBot: comment.user.isBot || Boolean(comment.performed_via_github_app) },
    body: comment.body,
    writtenAt: comment.created_at,
  };
}
