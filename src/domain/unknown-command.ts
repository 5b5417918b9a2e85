/** A command that does not exist, and what was probably meant by it. */
import { COMMAND_NAMES, type CommandName, otherWordFor } from './command-table.ts';
import { shown } from './filter-values.ts';
import { filterKey } from './filters.ts';
import { closest } from './suggest.ts';

/** What to write instead where its letters alone do not tell; null where they may. */
export function commandHint(typed: string): string | null {
  if (/^bot:?$/i.test(typed)) return 'write bot: once';
  if (/^:+$/.test(typed)) return 'write one colon';
  if (/^after\b/i.test(typed)) return 'write it behind the command, as in build arch=… after #123';
  if (/^(?:approve|reject|lgtm)[!.]?$/i.test(typed))
    return 'a deploy is approved by a review of its deploy PR';
  if (isFilter(typed)) return `did you mean build ${shown(typed)}?`;
  const meant = otherWordFor(typed) ?? begun(typed);
  return meant === null ? null : `did you mean ${meant}?`;
}

/** The one command that was probably meant, or null. */
export function likelyCommand(typed: string): CommandName | null {
  if (isFilter(typed)) return 'build';
  const near = otherWordFor(typed) ?? begun(typed) ?? closest(typed, COMMAND_NAMES);
  return COMMAND_NAMES.find((name) => name === near) ?? null;
}

/** The one command that begins so: `show`. */
function begun(typed: string): CommandName | null {
  const [only, ...others] = COMMAND_NAMES.filter((name) => name.startsWith(typed.toLowerCase()));
  return only !== undefined && others.length === 0 ? only : null;
}

function isFilter(typed: string): boolean {
  const [key = ''] = typed.split(/[:=]/);
  return key !== typed && filterKey(key) !== null;
}
