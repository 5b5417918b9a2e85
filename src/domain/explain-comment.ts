/** What a comment would come to on an instance, for whoever asks before writing it. */
import type { Mistake } from './command.ts';
import type { CommandName } from './command-table.ts';
import type { IgnoredReason } from './comment-lines.ts';
import { meantFor, parseComment } from './parse-command.ts';
import { planBuild } from './plan.ts';
import { type Catalogue, targetName } from './target.ts';

export interface Explanation {
  commands: {
    name: CommandName;
    /** Empty for a command that builds nothing, and while anything in the comment is wrong; `pool`: the first that may build it. */
    builds: { target: string; accelerator: string | null; repository: string; pool: string }[];
  }[];
  errors: { message: string; line: number; column: number; hint: string | null }[];
  /** Lines with a command that is not read, and why. */
  ignored: { line: number; reason: IgnoredReason | 'other-instance' }[];
}

/** Reads a comment as the bot does, without asking GitHub anything. */
export function explainComment(body: string, catalogue: Catalogue): Explanation {
  const parsed = parseComment(body);
  const meant = meantFor(parsed, catalogue);
  const ours = new Set([...meant.commands, ...meant.mistakes].map(({ line }) => line));
  const others = [...parsed.commands, ...parsed.mistakes].filter(({ line }) => !ours.has(line));
  const plan = planBuild(
    meant.commands.filter(({ name }) => name === 'build'),
    catalogue,
  );
  const mistakes = [...meant.mistakes, ...(plan.kind === 'mistakes' ? plan.mistakes : [])];
  return {
    commands: meant.commands.map((command) => {
      const own = command.name === 'build' && mistakes.length === 0 ? planBuild([command], catalogue) : null;
      const builds = own?.kind === 'builds' ? own.builds : [];
      return {
        name: command.name,
        builds: builds.map(({ target, repository, pools }) => ({
          target: targetName({ ...target, accelerator: null }),
          accelerator: target.accelerator,
          repository,
          pool: pools[0] ?? '',
        })),
      };
    }),
    errors: mistakes.sort((a, b) => a.line - b.line || a.column - b.column).map(toError),
    ignored: [
      ...parsed.ignored,
      ...others.map(({ line }) => ({ line, reason: 'other-instance' as const })),
    ].sort((a, b) => a.line - b.line),
  };
}

/** Names listed in a hint. */
const MOST_NAMES = 12;

function toError({ message, line, column, hint, choices }: Mistake) {
  const names = choices.length > MOST_NAMES ? [...choices.slice(0, MOST_NAMES), '…'] : choices;
  return { message, line, column, hint: hint ?? (names.length > 0 ? `there is ${names.join(', ')}` : null) };
}
