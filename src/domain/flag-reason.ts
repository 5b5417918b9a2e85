/** The one flag with a value: `--despite-tests="why"`. The reason is text for people, and passes an allow-list here. */
import type { Word } from './command.ts';
import type { Complaint } from './filters.ts';

/** A flag that says why. */
export const REASON_FLAG = '--despite-tests';

export interface TakenReason {
  /** The line with blanks where the reason stood, so that every column stays. */
  rest: string;
  reason: Word | null;
  complaints: Complaint[];
}

const GIVEN = /--despite-tests *[=:] *(?:"([^"]*)"|“([^”]*)”|'([^']*)'|([^ ,"“']+))?/i;
const ALLOWED = /[\p{L}\p{N} .,;:!?'()/#_+%&=@-]/u;
const LONGEST = 200;

/** Takes the reason out of a command's line. */
export function takeReason(source: string, from: number): TakenReason {
  const found = GIVEN.exec(source.slice(from));
  const bare = source.toLowerCase().indexOf(REASON_FLAG, from);
  if (found === null) {
    const complaints = bare < 0 ? [] : [wanting(bare + 1, REASON_FLAG.length)];
    return { rest: source, reason: null, complaints };
  }
  const start = from + found.index + REASON_FLAG.length;
  const end = from + found.index + found[0].length;
  const rest = `${source.slice(0, start)}${' '.repeat(end - start)}${source.slice(end)}`;
  const text = found.slice(1).find((one) => one !== undefined);
  const span = { column: start + 1, length: Math.max(1, end - start) };
  const bad = (message: string): TakenReason => ({
    // What follows an open quote cannot be told apart from it.
    rest: text === undefined ? source.slice(0, start) : rest,
    reason: null,
    complaints: [{ ...span, code: 'bad-value', message, hint: 'write --despite-tests="why"', choices: [] }],
  });
  if (text === undefined) return bad('the reason stands in quotes, which are closed');
  const reason = text.trim();
  if (reason === '') return bad('the reason is empty');
  if (reason.length > LONGEST) return bad(`a reason is at most ${LONGEST} characters long`);
  const foreign = [...reason].find((char) => !ALLOWED.test(char));
  if (foreign !== undefined) return bad(`a reason cannot hold ${foreign}`);
  return { rest, reason: { text: reason, ...span }, complaints: [] };
}

function wanting(column: number, length: number): Complaint {
  const message = `${REASON_FLAG} takes a reason`;
  return {
    column,
    length,
    code: 'missing-value',
    message,
    hint: `write ${REASON_FLAG}="why"`,
    choices: [],
  };
}
