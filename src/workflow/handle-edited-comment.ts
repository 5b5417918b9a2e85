import { addedByEdit } from '../domain/edited-comment.ts';
import type { EditedCommentEvent } from '../domain/events.ts';
import { meantFor } from '../domain/parse-command.ts';
import { isBotAccount, isDenied } from '../domain/permission.ts';
import { isAddressed } from '../domain/speaking.ts';
import * as say from '../messages/replies.ts';
import { reply } from './post.ts';
import type { World } from './world.ts';

/**
 * A comment that was changed is never carried out: nobody can see later what it said. Whoever put a command into it is told
 * so, once for each comment.
 * @returns what was done, in a few words for the record
 */
export async function handleEditedComment(world: World, event: EditedCommentEvent): Promise<string> {
  const { repo, number, commentId, author, editor } = event;
  const served = world.served.get(repo);
  if (!served) return 'repository is not served';
  for (const { login, isBot } of [author, editor]) {
    if (isBotAccount({ login, isBot })) return 'written by a bot';
    if (isDenied(served.permissions, login)) return 'author is denied';
  }
  const added = meantFor(addedByEdit(event.before, event.body), world.catalogue);
  if (added.commands.length === 0 && added.mistakes.length === 0) return 'no new command for this instance';
  if (!served.speaker && !isAddressed(added)) return 'another instance answers';
  const body = event.isPullRequest ? say.editedCommand(editor.login) : say.notAPullRequest();
  await reply(world, { key: `edited:comment:${commentId}`, repo, number, body });
  return 'answered';
}
