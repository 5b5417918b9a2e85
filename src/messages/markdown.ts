/** GitHub's limit for the body of a comment, an issue or a pull request, in characters. */
const BODY_LIMIT = 65_536;
const CUT = '\n\n… The rest is too long for a comment.';

/** The last resort before GitHub refuses a body: whole lines from the start, and a word that something is missing. */
export function fitBody(body: string): string {
  if (body.length <= BODY_LIMIT) return body;
  const room = body.slice(0, BODY_LIMIT - CUT.length);
  return room.slice(0, room.lastIndexOf('\n')) + CUT;
}

/**
 * Text from a pull request, a log or a tarball as a code span: no markup, no mention, no reference in it is alive.
 * Line breaks become blanks, control characters are shown escaped; longer than `limit` characters it is cut with `…`.
 */
export function code(text: string, limit = 200): string {
  const visible = clip(showControls(text.replaceAll(/[\r\n\t]+/g, ' ')), limit);
  if (visible.trim() === '') return '` `';
  const runs = visible.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = visible.startsWith('`') || visible.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${visible}${pad}${fence}`;
}

/** The same in a table, where a bar would end the cell even inside code. */
export function cell(text: string, limit = 200): string {
  return inCell(code(text, limit));
}

/** Markdown of ours in a cell of a table: an odd number of backslashes stands before each of its bars, which so ends no cell. */
export function inCell(markdown: string): string {
  return markdown.replaceAll(/(\\*)\|/g, (bar, run: string) => (run.length % 2 === 1 ? bar : `${run}\\|`));
}

/** Text from outside as a code block; its fence is longer than any in the text. */
export function codeBlock(text: string): string {
  const visible = text
    .split(/\r?\n/)
    .map((line) => showControls(line))
    .join('\n');
  const runs = visible.match(/`{3,}/g) ?? [];
  const fence = '`'.repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
  return `${fence}\n${visible}\n${fence}`;
}

/** One line of text from outside for a place that shows no Markdown; control characters are shown escaped. */
export function plain(text: string, limit: number): string {
  return clip(showControls(text.replaceAll(/[\r\n]+/g, ' ')), limit);
}

/** Plain prose from outside (a title, a sentence with names in it): every mark of Markdown and HTML is made harmless. */
export function prose(text: string, limit = 500): string {
  return (
    clip(showControls(text.replaceAll(/[\r\n\t]+/g, ' ')), limit)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
      // GitHub makes these alive in the text that is left, where a backslash is gone: @name, #1, GH-1, addresses.
      .replaceAll(/(?<=@|#|GH-)(?=\w)/gi, '\u2060')
      .replaceAll(/(?<=(?:https?|ftp):)(?=\/\/)|(?<=www)(?=\.)/gi, '\u2060')
  );
}

/**
 * A reason as the rows keep it, without its full stop: plain text, in which a name stands between backticks; the name becomes
 * a code span, all else is made harmless.
 * @param limit characters of the plain text
 */
export function sentence(text: string, limit = 2000): string {
  return (
    clip(text.replace(/\.$/, '').trimStart(), limit)
      .split(/(`[^`]+`)/)
      .map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : prose(part, 1000)))
      .join('')
      // At the beginning of a line, or of the item of a list, these would begin a list.
      .replace(/^(?=-)|(?<=^\d+)(?=\.)/, '\\')
  );
}

/** As many of these lines as take so many characters: a table loses whole rows, or none. */
export function linesWithin(lines: readonly string[], room: number): string[] {
  let left = room;
  const end = lines.findIndex((line) => {
    left -= line.length + 1;
    return left < 0;
  });
  return end === -1 ? [...lines] : lines.slice(0, end);
}

/** A part that is folded away; the body is Markdown of ours. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Text inside an HTML element, as in a summary. */
export function html(text: string): string {
  return showControls(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('@', '&#64;&#8288;');
}

/** `234 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `42 min`, `3 h 5 min`, `12 s`; never less than a second. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = `${Math.floor(minutes / 60)} h`;
  return minutes % 60 === 0 ? hours : `${hours} ${minutes % 60} min`;
}

/** `14:02 UTC`. */
export function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** `25 December 2026`, of UTC. */
export function date(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
}

/** `1 target`, `6 targets`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** The invisible line by which the bot finds what it wrote; see ports/records.ts, Posting. */
export function marker(instance: string, key: string): string {
  return `<!-- stratobot:${instance} ${key} -->`;
}

function showControls(text: string): string {
  return text.replaceAll(
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function clip(text: string, limit: number): string {
  // Half a character of two UTF-16 units is no text that GitHub takes.
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
