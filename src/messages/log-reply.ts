import type { Build } from '../domain/build.ts';
import { targetName } from '../domain/target.ts';
import { code, codeBlock, count, details, html, plain } from './markdown.ts';
import { headline, sign } from './status-words.ts';

/** The end of one build's log; no lines where nothing was written yet. */
export interface LogEnd {
  build: Build;
  lines: readonly string[];
  /** Where the whole log is. */
  url: string;
}

/** Characters for all logs of a comment, which takes 65,536, and for a line. */
const ROOM = 54_000;
const LONGEST_LINE = 300;

/**
 * `bot: log`: the end of each log, folded.
 * @param more builds that were meant as well and are not shown
 */
export function logEnds(ends: readonly LogEnd[], more: number): string {
  const room = ROOM / Math.max(1, ends.length);
  const parts = ends.map((end) => logEnd(end, room));
  if (more > 0)
    parts.push(
      `${count(more, 'more build')}: \`bot: log arch=…\` or \`bot: log job:…\` names those you want.`,
    );
  return parts.join('\n\n');
}

function logEnd({ build, lines, url }: LogEnd, room: number): string {
  const name = targetName(build.target);
  if (lines.length === 0) return `${sign(build)} ${code(name)}, build ${build.id}: there is no log yet.`;
  const shown = lastThatFit(lines, room);
  const title = `${sign(build)} <code>${html(name)}</code>, build ${build.id} (${headline([build])}): the last ${count(shown.length, 'line')}`;
  return details(title, `[The whole log](${url})\n\n${codeBlock(shown.join('\n'))}`);
}

/** The last lines that fit, none of them cut but at its end. */
function lastThatFit(lines: readonly string[], room: number): string[] {
  const shown: string[] = [];
  let used = 0;
  for (const line of lines.toReversed()) {
    const text = plain(line, LONGEST_LINE);
    used += text.length + 1;
    if (used > room) break;
    shown.unshift(text);
  }
  return shown;
}

/** `bot: log` where nothing was built. */
export function noLogs(): string {
  return 'Nothing was built here yet, so there is no log. `bot: help build` has examples.';
}
