/** Finds the lines of a Markdown comment that hold a command, and says which of them are only shown, not said. */
import { type AlmostLine, almostLine } from './almost-commands.ts';
import type { SourceLine } from './command.ts';
import type { IgnoredReason } from './ignored-reason.ts';

/** A line that holds `bot:`, or may have been meant to; `rest` is the index in `source` right after the colon. */
export type CandidateLine =
  | (SourceLine & { kind: 'command'; rest: number })
  | (AlmostLine & { kind: 'almost' })
  | (SourceLine & { kind: 'ignored'; reason: IgnoredReason });

/** A block that swallows lines until it is closed. */
type OpenBlock =
  | { kind: 'fence'; mark: string; length: number }
  | { kind: 'html'; close: string; reason: IgnoredReason; endsAtBlank: boolean };

const COMMAND = /^ *(?:@[A-Za-z0-9-]+(?:\[bot\])?,? +)?bot:/i;
const LINE_END = /\r\n|\n|\r/;
/** A line further on may be one: neither quotes nor code are told apart. */
const SOMEWHERE = new RegExp(COMMAND.source, 'im');
/** A command behind marks of Markdown: a quote, a list, bold, code. */
const DECORATED_COMMAND = /^[ >*_~`#+.()\d-]+bot:/i;
/** `bot:` anywhere, but not `robot:` or `my-bot:`. */
const MENTION = /(?<![\p{L}\p{N}_-])bot:/iu;
/** A fence may open behind list markers; deeper indentation than Markdown's is let pass, for nested lists. */
const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([\s\S]*)/;
const INDENTED = /^(?: {4}| {0,3}\t)/;
const QUOTE = /^ {0,3}>/;
const HTML_BLOCK = /^ {0,3}<!--/;
const PRE_BLOCK = /^ {0,3}<pre[\s>]/i;
const CODE_SPAN = /`[^`]*`/g;

/** All lines with `bot:` in them and those that begin almost so, in order; linear in the length of the body. */
export function* candidateLines(body: string): Generator<CandidateLine> {
  const context = new MarkdownContext();
  let line = 0;
  for (const raw of body.split(LINE_END)) {
    line += 1;
    const where = context.enter(raw);
    const source = readable(raw);
    const command = where === null ? COMMAND.exec(source) : null;
    const almost = where === null && command === null ? almostLine({ line, source }) : null;
    if (command !== null) yield { kind: 'command', line, source, rest: command[0].length };
    else {
      const reason = MENTION.test(source) ? (where ?? reasonOf(source)) : null;
      if (almost !== null) yield { kind: 'almost', ...almost, otherwise: reason };
      else if (reason !== null) yield { kind: 'ignored', line, source, reason };
    }
  }
}

/**
 * The part of a comment that is read, and the first line of the rest that may be a command; null where all of it is read.
 * @param most characters, as GitHub counts them: not the units of UTF-16
 */
export function beginning(
  body: string,
  most: number,
): { read: string; next: SourceLine | null; length: number } | null {
  if (body.length <= most) return null;
  let length = 0;
  for (const _ of body) length += 1;
  if (length <= most) return null;
  // Up to the end of a line, so that no half of one is read.
  const end = Math.max(body.lastIndexOf('\n', most), body.lastIndexOf('\r', most)) + 1;
  const at = body.slice(end).search(SOMEWHERE);
  const next =
    at < 0
      ? null
      : {
          line: body.slice(0, end + at).split(LINE_END).length,
          source: readable(body.slice(end + at).split(LINE_END, 1)[0] ?? ''),
        };
  return { read: body.slice(0, end), next, length };
}

function reasonOf(source: string): IgnoredReason {
  if (!DECORATED_COMMAND.test(source)) return 'prose';
  return source.trimStart().startsWith('`') ? 'inline-code' : 'markup';
}

/** What a person sees of the line: any blank is a space, characters that show nothing are left out. */
function readable(raw: string): string {
  return raw
    .replace(/\p{Cf}/gu, '')
    .replace(/\s/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trimEnd();
}

/**
 * Just enough of CommonMark to know code, quotes and hidden text. A line that follows a quote without a blank line
 * counts as said, though Markdown shows it inside the quote: whoever typed it there meant it.
 */
class MarkdownContext {
  private block: OpenBlock | null = null;
  private inParagraph = false;

  /** Takes the next line; the reason why nothing on it is said, or null. */
  enter(raw: string): IgnoredReason | null {
    const blank = raw.trim() === '';
    if (this.block !== null) return this.continueBlock(this.block, raw, blank);
    if (blank) {
      this.inParagraph = false;
      return null;
    }
    if (INDENTED.test(raw) && !this.inParagraph) return 'code-block';
    if (QUOTE.test(raw)) {
      this.inParagraph = true;
      return 'quote';
    }
    const fence = FENCE.exec(raw);
    if (fence !== null) {
      const [, marks = '', info = ''] = fence;
      const mark = marks.charAt(0);
      if (mark === '~' || !info.includes('`')) {
        this.block = { kind: 'fence', mark, length: marks.length };
        this.inParagraph = false;
        return 'code-block';
      }
    }
    return this.openHtml(raw);
  }

  private continueBlock(block: OpenBlock, raw: string, blank: boolean): IgnoredReason | null {
    if (block.kind === 'fence') {
      const text = raw.trim();
      const onlyMarks = text.length >= block.length && [...text].every((char) => char === block.mark);
      if (onlyMarks) this.block = null;
      return 'code-block';
    }
    if (blank && block.endsAtBlank) {
      this.block = null;
      this.inParagraph = false;
      return null;
    }
    const end = raw.toLowerCase().indexOf(block.close);
    if (end >= 0) {
      this.block = null;
      this.inParagraph = block.endsAtBlank;
      this.leaveCommentOpen(raw.slice(end + block.close.length), block.endsAtBlank);
    }
    return block.reason;
  }

  private openHtml(raw: string): IgnoredReason | null {
    if (PRE_BLOCK.test(raw)) {
      if (!raw.toLowerCase().includes('</pre>')) {
        this.block = { kind: 'html', close: '</pre>', reason: 'code-block', endsAtBlank: false };
      }
      return 'code-block';
    }
    const startsComment = HTML_BLOCK.test(raw);
    this.inParagraph = !startsComment;
    this.leaveCommentOpen(raw.replace(CODE_SPAN, ''), !startsComment);
    return startsComment ? 'html-comment' : null;
  }

  /** Opens a block when the text holds a comment that it does not close. */
  private leaveCommentOpen(text: string, endsAtBlank: boolean): void {
    let from = 0;
    for (;;) {
      const open = text.indexOf('<!--', from);
      if (open < 0) return;
      const close = text.indexOf('-->', open + 2);
      if (close < 0) {
        this.block = { kind: 'html', close: '-->', reason: 'html-comment', endsAtBlank };
        return;
      }
      from = close + 3;
    }
  }
}
