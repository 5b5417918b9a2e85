/**
 * Rows as COPY writes and reads them, one a line, and so as pg_dump's plain format holds them; source: PostgreSQL, COPY,
 * "Text Format".
 */
const ESCAPES = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
const ESCAPED = new Map([...ESCAPES].map(([character, written]) => [written, character]));
const NULL = '\\N';

/** The line that ends the rows of a table. */
export const END_OF_ROWS = '\\.';

export function toCopyLine(values: readonly (string | null)[]): string {
  return values
    .map((value) => value?.replaceAll(/[\\\n\r\t]/g, (one) => ESCAPES.get(one) ?? one) ?? NULL)
    .join('\t');
}

/** @throws RangeError for an escape that toCopyLine does not write */
export function fromCopyLine(line: string): (string | null)[] {
  return line.split('\t').map((field) => {
    if (field === NULL) return null;
    return field.replaceAll(/\\(?:.|$)/g, (written) => {
      const character = ESCAPED.get(written);
      if (character === undefined) throw new RangeError(`not an escape: ${written}`);
      return character;
    });
  });
}
