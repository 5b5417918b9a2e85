/**
 * What the check scripts of a pull request tell people, `comment_description` of a result file: HTML of their making, read by a
 * list of allowed tags into lines of plain text. Whatever is not on the list stays text, so nothing of it can come alive.
 */

/** A stretch of a line: plain text, in which nothing is escaped yet. */
interface ReportPart {
  text: string;
  code?: true;
}

export interface ReportLine {
  /** From 0; at most one deeper than the line before. */
  depth: number;
  heading?: true;
  parts: ReportPart[];
}

export interface Report {
  lines: ReportLine[];
  /** Lines that were left out. */
  more: number;
}

/** What a job told, by the script that did. */
export interface JobReport {
  build?: Report;
  test?: Report;
}

/** Characters that are read, lines that are kept, and characters of each. */
const MOST_TEXT = 64 * 1024;
const MOST_LINES = 60;
const LONGEST_LINE = 200;
const DEEPEST = 4;

const TAG = /<(\/?)(details|summary|dl|dt|dd|ul|ol|li|pre|code|br|p|em|strong|b|i)(?:\s[^<>]{0,200})?\/?>/gi;

/** Never throws; linear in the length of the text. @returns null when it says nothing that a status does not say */
export function readReport(html: string): Report | null {
  const reader = new ReportReader();
  const text = html.slice(0, MOST_TEXT);
  let at = 0;
  for (const match of text.matchAll(TAG)) {
    reader.text(text.slice(at, match.index));
    reader.tag((match[2] ?? '').toLowerCase(), match[1] === '/');
    at = match.index + match[0].length;
  }
  reader.text(text.slice(at));
  const report = reader.end();
  return report.lines.length === 0 ? null : report;
}

/** Tags that hold lines deeper than what is around them. */
const NESTS: readonly string[] = ['details', 'dd', 'ul', 'ol', 'pre'];

class ReportReader {
  readonly #lines: ReportLine[] = [];
  readonly #open = new Map<string, number>();
  #parts: ReportPart[] = [];
  #heading = false;
  #more = 0;

  text(html: string): void {
    const text = decoded(html);
    if (this.#isOpen('pre') && text.includes('\n')) {
      const [first = '', ...others] = text.split('\n');
      this.#add(first);
      for (const line of others) {
        this.#flush();
        this.#add(line);
      }
      return;
    }
    this.#add(text);
  }

  tag(name: string, closes: boolean): void {
    if (name === 'em' || name === 'strong' || name === 'b' || name === 'i') return;
    if (name !== 'code') this.#flush();
    this.#count(name, closes);
    if (name === 'summary' || name === 'dt') this.#heading = !closes;
  }

  end(): Report {
    this.#flush();
    const above: number[] = [];
    const lines = this.#lines.map((line) => {
      while (above.length > 0 && (above.at(-1) ?? 0) >= line.depth) above.pop();
      above.push(line.depth);
      return { ...line, depth: Math.min(DEEPEST, above.length - 1) };
    });
    return { lines, more: this.#more };
  }

  #add(text: string): void {
    if (text !== '') this.#parts.push({ text, ...(this.#isOpen('code') ? { code: true as const } : {}) });
  }

  #isOpen(name: string): boolean {
    return (this.#open.get(name) ?? 0) > 0;
  }

  #count(name: string, closes: boolean): void {
    this.#open.set(name, Math.max(0, (this.#open.get(name) ?? 0) + (closes ? -1 : 1)));
  }

  #flush(): void {
    const parts = tidied(this.#parts);
    this.#parts = [];
    if (parts.length === 0 || isStatus(parts)) return;
    if (this.#lines.length === MOST_LINES) {
      this.#more += 1;
      return;
    }
    const open = NESTS.reduce((sum, name) => sum + (this.#open.get(name) ?? 0), 0);
    // The title of what is folded away stands above it.
    const depth = Math.max(0, open - (this.#heading && this.#isOpen('summary') ? 1 : 0));
    this.#lines.push({ depth, ...(this.#heading ? { heading: true as const } : {}), parts });
  }
}

/** The first line of every description; the bot says it already. */
function isStatus(parts: readonly ReportPart[]): boolean {
  return /^(?:SUCCESS|FAILURE|UNKNOWN)?$/.test(
    parts
      .map(({ text }) => text)
      .join('')
      .trim(),
  );
}

/** One line: blanks drawn together, the scripts' Markdown taken for what it means, and cut where it is too long. */
function tidied(parts: readonly ReportPart[]): ReportPart[] {
  const plain = parts.flatMap((part) => (part.code ? [part] : emphasised(part.text)));
  const tidy: ReportPart[] = [];
  let room = LONGEST_LINE;
  for (const { text, code } of plain) {
    if (room === 0) break;
    const drawn = text.replaceAll(/\s+/g, ' ');
    const begins = tidy.length === 0 ? drawn.trimStart() : drawn;
    const kept =
      begins.length <= room ? begins : `${begins.slice(0, room - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
    if (kept === '') continue;
    room -= kept.length;
    const last = tidy.at(-1);
    // Text that stands together is escaped together: its two halves might be harmless, and the whole not.
    if (last !== undefined && last.code === code) last.text += kept;
    else tidy.push({ text: kept, ...(code ? { code } : {}) });
  }
  return tidy.some(({ text }) => text.trim() !== '') ? tidy : [];
}

const SIGNS: readonly [RegExp, string][] = [
  [/:white_check_mark:/g, '✅'],
  [/:x:/g, '❌'],
  [/:warning:/g, '⚠️'],
  [/:(?:grin|cry|shrug):/g, ''],
  [/_\(click triangle for details\)_/g, ''],
];

/** `_Details_` is what the scripts write for emphasis, also around paths. */
function emphasised(text: string): ReportPart[] {
  const shown = SIGNS.reduce((found, [words, sign]) => found.replaceAll(words, sign), text);
  return shown.split(/(?<=^|\s)(_[^\s_][^\s]*_)(?=\s|$)/).flatMap((part): ReportPart[] => {
    if (!/^_.+_$/.test(part)) return part === '' ? [] : [{ text: part }];
    const inner = part.slice(1, -1);
    return [inner.includes('/') ? { text: inner, code: true } : { text: inner }];
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Once: what was escaped twice stays so. */
function decoded(html: string): string {
  return html.replaceAll(/&(?:([a-z]{2,4})|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    const isText = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    return isText ? String.fromCodePoint(point) : whole;
  });
}
