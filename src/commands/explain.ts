/** `stratobot explain`: what the bot would make of a comment; no network, no database. */
import { type Explanation, explainComment } from '../domain/explain-comment.ts';
import type { Catalogue } from '../domain/target.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Paint } from './inspect-report.ts';

interface Screen {
  out(text: string): void;
  paint: Paint;
}

/** @returns 0 when the bot would carry the comment out or stay silent, 1 when it would answer with mistakes */
export function explain(
  comment: string,
  catalogue: Catalogue,
  json: boolean,
  { out, paint }: Screen,
): ExitCode {
  const explained = explainComment(comment, catalogue);
  out(json ? `${JSON.stringify(explained, null, 2)}\n` : report(explained, comment, paint));
  return explained.errors.length === 0 ? EXIT.ok : EXIT.failure;
}

const REASONS: Record<Explanation['ignored'][number]['reason'], string> = {
  quote: 'is a quote',
  'code-block': 'is in a code block',
  'inline-code': 'is code',
  'html-comment': 'is in an HTML comment',
  markup: 'does not begin with bot:, but with marks of Markdown',
  'other-instance': 'is for another instance',
};

function report({ commands, errors, ignored }: Explanation, comment: string, paint: Paint): string {
  const lines: string[] = [];
  const source = comment.split(/\r\n|\n|\r/);
  for (const { line, column, message, hint } of errors) {
    lines.push(paint('red', `line ${line}, column ${column}: ${visible(message)}`));
    lines.push(`  ${visible(source[line - 1] ?? '').slice(0, 200)}`);
    if (hint !== null) lines.push(paint('cyan', `  ${visible(hint)}`));
  }
  if (errors.length > 0) lines.push('Nothing would be started.');
  else {
    for (const { name, builds } of commands) {
      lines.push(paint('green', `bot: ${name}${builds.length > 0 ? ` starts ${builds.length} builds` : ''}`));
      for (const { target, accelerator, repository, pool } of builds) {
        const what = accelerator === null ? target : `${target} with ${accelerator}`;
        lines.push(`  ${what} for ${repository}, in pool ${pool}`);
      }
    }
  }
  for (const { line, reason } of ignored)
    lines.push(paint('dim', `line ${line} ${REASONS[reason]}: not read`));
  if (commands.length + errors.length === 0)
    lines.push('The bot would stay silent: no line of it is a command.');
  return `${lines.join('\n')}\n`;
}

/** Nothing that was typed may steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) => (char === '\t' ? ' ' : '\uFFFD'));
}
