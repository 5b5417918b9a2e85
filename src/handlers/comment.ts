import { z } from 'zod';
import type { Account, CommentEvent, EditedCommentEvent } from '../domain/events.ts';
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

const edited = created.extend({
  sender: account,
  changes: z.object({ body: z.object({ from: z.string() }).optional() }),
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
    author: authorOf(comment),
    body: comment.body,
    writtenAt: comment.created_at,
  };
}

/** `issue_comment.edited`, when a person changed what a person wrote: the bots' own status comments change all the time. */
export function commentEdited(payload: unknown): EditedCommentEvent | null {
  const { repository, issue, comment, sender, changes } = readPayload(edited, payload);
  const author = authorOf(comment);
  const before = changes.body?.from;
  if (before === undefined || before === comment.body || author.isBot || sender.isBot) return null;
  return {
    kind: 'edited',
    repo: repository.full_name,
    number: issue.number,
    isPullRequest: Boolean(issue.pull_request),
    commentId: comment.id,
    author,
    editor: sender,
    before,
    body: comment.body,
  };
}

/** An App may also write in a person's name: that is no person's command either. */
function authorOf({ user, performed_via_github_app }: z.infer<typeof created>['comment']): Account {
  return { ...user, isBot: user.isBot || Boolean(performed_via_github_app) };
}
