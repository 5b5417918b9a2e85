/** A line of a log as it is shown: pieces of text, those in colour with the classes that give it. */
export type Line = Piece[];
type Piece = string | [text: string, classes: string];

/** Longer lines are cut where they are shown; the raw log has them whole. */
export const LINE_LIMIT_BYTES = 16 * 1024;

/**
 * Reads one line as a terminal would show it, in what matters: colours become classes, every other control sequence is
 * dropped, and so is what would hide or reorder text. A colour ends with its line, so that a line looks the same wherever
 * reading began.
 * @param bytes the line without its end; invalid UTF-8 shows as U+FFFD
 * @param dropped bytes of the line that were left out
 */
export function showLine(bytes: Buffer, dropped = 0): Line {
  // A character cut in half by the limit is left out, not shown as invalid.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: dropped > 0 });
  const line: Line = [];
  let style = PLAIN;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    addPiece(line, text.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match.groups?.sgr !== undefined) style = restyle(style, match.groups.sgr);
  }
  addPiece(line, text.slice(from), style);
  if (dropped > 0) line.push([` … ${dropped.toLocaleString('en-US')} bytes more in the raw log`, 'cut']);
  return line;
}

/**
 * Control sequences (ECMA-48): colours (SGR), other CSI, strings (OSC and its like, such as titles and links) that end, and
 * escapes of one character. A string that does not end costs its first two characters only: it cannot hide the line.
 */
const SEQUENCE =
  /\x1b\[(?<sgr>[\d;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?/g;
/** Controls, and what reorders or hides characters (Unicode bidirectional controls, zero-width ones that join nothing). */
const HIDDEN = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

function addPiece(line: Line, raw: string, style: Style): void {
  const text = raw.replace(HIDDEN, '');
  if (text === '') return;
  const classes = classesOf(style);
  const last = line.at(-1);
  if (classes === '' && typeof last === 'string') line[line.length - 1] = last + text;
  else line.push(classes === '' ? text : [text, classes]);
}

interface Style {
  /** Of the 16 colours of a terminal, or null. */
  ink: number | null;
  paper: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
}

const PLAIN: Style = {
  ink: null,
  paper: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

function classesOf(style: Style): string {
  const classes: string[] = [];
  if (style.ink !== null) classes.push(`c${style.ink}`);
  if (style.paper !== null) classes.push(`p${style.paper}`);
  for (const name of ['bold', 'dim', 'italic', 'underline', 'inverse'] as const) {
    if (style[name]) classes.push(name);
  }
  return classes.join(' ');
}

const SWITCHES: Record<number, Partial<Style>> = {
  0: PLAIN,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  39: { ink: null },
  49: { paper: null },
};

/** @param parameters what stands between `ESC [` and `m`; unknown ones change nothing */
function restyle(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const colour = colourOf(code);
    if (code === 38 || code === 48) {
      const { value, used } = extended(codes.slice(at + 1));
      next = { ...next, [code === 38 ? 'ink' : 'paper']: value };
      at += used;
    } else if (colour !== null) next = { ...next, ...colour };
    else next = { ...next, ...SWITCHES[code] };
  }
  return next;
}

function colourOf(code: number): Partial<Style> | null {
  if (code >= 30 && code <= 37) return { ink: code - 30 };
  if (code >= 40 && code <= 47) return { paper: code - 40 };
  if (code >= 90 && code <= 97) return { ink: code - 82 };
  if (code >= 100 && code <= 107) return { paper: code - 92 };
  return null;
}

/** `5;n` of 256 colours and `2;r;g;b`, as the nearest of the 16 that both themes can show. */
function extended(codes: number[]): { value: number | null; used: number } {
  const [kind, first = 0, green = 0, blue = 0] = codes;
  if (kind === 2) return { value: nearest(first, green, blue), used: 4 };
  if (kind !== 5) return { value: null, used: 1 };
  if (first < 16) return { value: first, used: 2 };
  if (first >= 232) {
    const grey = 8 + (first - 232) * 10;
    return { value: nearest(grey, grey, grey), used: 2 };
  }
  const level = (step: number) => (step % 6) * 51;
  const cube = first - 16;
  return { value: nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6)), level(cube)), used: 2 };
}

function nearest(red: number, green: number, blue: number): number {
  const strongest = Math.max(red, green, blue);
  if (strongest < 64) return 0;
  const on = (level: number) => (level > strongest / 2 ? 1 : 0);
  return on(red) + 2 * on(green) + 4 * on(blue) + (strongest > 200 ? 8 : 0);
}
