import type { Build } from '../domain/build.ts';
import { targetName } from '../domain/target.ts';
import { code, count, list } from './markdown.ts';

/** Targets named in one sentence. */
const MOST_NAMES = 8;

/** What `bot: build` did not start, because it is there; null where there is nothing to say. */
export function notDoubled(view: {
  headSha: string;
  built: readonly Build[];
  underWay: readonly Build[];
  /** How many builds were started all the same. */
  started: number;
  /** The commands that build once more. */
  insist: readonly string[];
}): string | null {
  const { built, underWay, started } = view;
  if (built.length + underWay.length === 0) return null;
  const parts: string[] = [];
  if (started === 0) parts.push('Nothing was started.');
  const head = code(view.headSha.slice(0, 7));
  if (built.length > 0) {
    const insist = list(view.insist.map((command) => code(command)));
    parts.push(
      `${names(built)} ${is(built)} built already at ${head}; ${insist} builds ${built.length === 1 ? 'it' : 'them'} again.`,
    );
  }
  if (underWay.length > 0) {
    parts.push(
      `${names(underWay)} ${is(underWay)} being built already at ${head}; the status comment says how far. \`bot: cancel\` stops that.`,
    );
  }
  if (started > 0) parts.push(`${count(started, 'other build was', 'other builds were')} started.`);
  return parts.join(' ');
}

function names(builds: readonly Build[]): string {
  const shown = builds.slice(0, MOST_NAMES).map(({ target }) => code(targetName(target)));
  const more = builds.length - shown.length;
  return list(more > 0 ? [...shown, `${more} more`] : shown);
}

function is({ length }: readonly Build[]): string {
  return length === 1 ? 'is' : 'are';
}
