/** YAML as a text, before and after its parser. */

/** Levels of brackets and dashes: a list of maps with options of lists has four. */
export const DEEPEST = 16;

/** Offset of each line. */
export function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

/**
 * Where a file opens more levels than any easystack has; null when it does not. The YAML parser calls itself for every level, so this is
 * asked before it. Brackets in quotes are counted too: no easystack has so many of them unclosed.
 */
export function tooDeep(text: string): number | null {
  let brackets = 0;
  for (const match of text.matchAll(/[[{]|[\]}]|(?:[-?:][ \t]+){17,}/g)) {
    const [mark] = match;
    if (mark.length > 1) return match.index;
    brackets += mark === '[' || mark === '{' ? 1 : -1;
    if (brackets < 0) brackets = 0;
    if (brackets > DEEPEST) return match.index;
  }
  const columns = new Set<number>();
  for (const { 0: blanks, index } of text.matchAll(/^ *(?=[^ #\r\n])/gm)) {
    columns.add(blanks.length);
    if (columns.size > 4 * DEEPEST) return index;
  }
  return null;
}

/** The parser's sentences where they read well; ours where they speak to programmers. */
export function yamlSentence(code: string, message: string, word: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `\`${word}\` stands here twice`;
    case 'TAB_AS_INDENT':
      return 'this line is indented with a tab; YAML wants blanks';
    case 'MULTIPLE_DOCS':
      return 'a second YAML document starts here; an easystack is one';
    default:
      return `this is no valid YAML: ${message.replaceAll('`', "'").split('\n')[0]?.slice(0, 200)}`;
  }
}
