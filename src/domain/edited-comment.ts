import { printCommand } from './command.ts';
import { type ParsedComment, parseComment } from './parse-command.ts';

/** What an edit put into a comment, right or wrong, that was not there before; a line that only moved was there. */
export function addedByEdit(before: string, after: string): ParsedComment {
  const [old, now] = [parseComment(before), parseComment(after)];
  const commands = new Set(old.commands.map(printCommand));
  const lines = new Set(old.mistakes.map(({ source }) => source.trim()));
  return {
    ...now,
    commands: now.commands.filter((command) => !commands.has(printCommand(command))),
    mistakes: now.mistakes.filter(({ source }) => !lines.has(source.trim())),
  };
}
