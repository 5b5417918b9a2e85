/** `stratobot explain`: what the bot would make of a comment; no network, no database. */
import type { SiteOffer } from '../config/load.ts';
import { printCommand } from '../domain/command.ts';
import { COMMANDS } from '../domain/command-table.ts';
import {
  type ExplainedRight,
  type Explanation,
  explainComment,
  explainRights,
} from '../domain/explain-comment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Paint } from './inspect-report.ts';

interface Screen {
  out(text: string): void;
  paint: Paint;
}

/**
 * @param by whose comment it would be; null: rights are not looked at
 * @returns 0 when the bot would carry the comment out or stay silent, 1 when it would answer with mistakes or that a right
 * is lacking
 */
export function explain(
  comment: string,
  { catalogue, permissions }: SiteOffer,
  { by, json }: { by: string | null; json: boolean },
  { out, paint }: Screen,
): ExitCode {
  const explained = explainComment(comment, catalogue);
  const rights = by === null ? [] : explainRights(explained, by, permissions);
  if (json) out(`${JSON.stringify(toJson(explained, by === null ? {} : { rights }), null, 2)}\n`);
  else out([...report(explained, comment, paint), ...rightsReport(rights, by ?? '', paint), ''].join('\n'));
  const refused = rights.length > 0 && rights.every(({ may }) => may === 'no');
  return explained.errors.length > 0 || refused ? EXIT.failure : EXIT.ok;
}

function toJson({ commands, errors, ignored }: Explanation, more: { rights?: ExplainedRight[] }): object {
  return {
    commands: commands.map(({ command, builds }) => ({ name: command.name, builds })),
    errors,
    ignored: ignored.map(({ line, reason, hint }) => ({
      line,
      reason:
        hint === undefined ? REASONS[reason] : `${REASONS[reason]}; the bot would point out, once: ${hint}`,
    })),
    ...more,
  };
}

const REASONS: Record<Explanation['ignored'][number]['reason'], string> = {
  quote: 'it is a quote',
  'code-block': 'it is in a code block',
  'inline-code': 'it is code',
  'html-comment': 'it is in an HTML comment',
  markup: 'marks of Markdown stand before bot:',
  prose: 'words stand before bot:',
  almost: 'it does not begin with bot:',
  'other-instance': 'it is for another instance',
};

function report(explained: Explanation, comment: string, paint: Paint): string[] {
  const { commands, errors, keepsGoing, ignored } = explained;
  const lines: string[] = [];
  const source = comment.split(/\r\n|\n|\r/);
  for (const { line, column, message, hint } of errors) {
    lines.push(paint('red', `line ${line}, column ${column}: ${visible(message)}`));
    lines.push(`  ${visible(source[line - 1] ?? '').slice(0, 200)}`);
    if (hint !== null) lines.push(paint('cyan', `  ${visible(hint)}`));
  }
  if (errors.length > 0)
    lines.push(keepsGoing ? 'The rest would be carried out:' : 'Nothing would be started.');
  if (errors.length === 0 || keepsGoing) for (const one of commands) lines.push(...commandReport(one, paint));
  for (const { line, reason, hint } of ignored) {
    lines.push(paint('dim', `line ${line} is not read: ${REASONS[reason]}`));
    if (hint !== undefined) lines.push(paint('cyan', `  the bot would point out, once: ${visible(hint)}`));
  }
  if (commands.length + errors.length === 0 && !ignored.some(({ reason }) => reason === 'almost'))
    lines.push('The bot would stay silent: no line of it is a command.');
  return lines;
}

function commandReport({ command, builds }: Explanation['commands'][number], paint: Paint): string[] {
  const { name } = command;
  const typed = paint('green', printCommand(command));
  const number = `${builds.length} ${builds.length === 1 ? 'build' : 'builds'}`;
  const what =
    name === 'build'
      ? builds.length === 0
        ? 'starts no build that is not named above'
        : `starts ${number}`
      : name === 'plan'
        ? `starts nothing, and says of ${number} how long they take and what to look at`
        : COMMANDS[name].purpose;
  return [
    `${typed} ${what}`,
    ...builds.map(({ target, accelerator, repository, pool }) => {
      const made = accelerator === null ? target : `${target} with ${accelerator}`;
      return `  ${made} for ${repository}, in pool ${pool}`;
    }),
  ];
}

const MAY: Record<ExplainedRight['may'], (login: string, because: string) => string> = {
  yes: (login, because) => `${login} may: ${because}`,
  no: (_, because) => because,
  github: (login, because) => `only GitHub knows whether ${login} may; it is for ${because}`,
};

function rightsReport(rights: readonly ExplainedRight[], login: string, paint: Paint): string[] {
  const lines = rights.map(({ repository, command, may, because }) => {
    const said = visible(MAY[may](login, because));
    return `on ${repository}, bot: ${command}: ${paint(may === 'no' ? 'red' : 'cyan', said)}`;
  });
  return [...new Set(lines)];
}

/** Nothing that was typed may steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) => (char === '\t' ? ' ' : '\uFFFD'));
}
