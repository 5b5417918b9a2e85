import { LINE_LIMIT_BYTES, type Line, showLine } from './line.ts';

const NEWLINE = 10;
const RETURN = 13;

/**
 * Cuts a log into lines as its bytes come, in bounded memory whatever they are. A line ends with a line feed, as `grep -n`
 * counts them. A carriage return starts the line again: of a progress bar its last state is left.
 */
export class LineReader {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #dropped = 0;
  /** A carriage return came: what follows replaces the line, unless it is the line's end. */
  #returned = false;
  /** Bytes since the end of the last whole line. */
  openBytes = 0;

  /** @returns the lines that ended in this chunk */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(NEWLINE, from);
      this.#add(chunk.subarray(from, end === -1 ? undefined : end));
      if (end === -1) {
        this.openBytes += chunk.length - from;
        break;
      }
      lines.push(this.#show());
      this.#clear();
      this.#returned = false;
      this.openBytes = 0;
      from = end + 1;
    }
    return lines;
  }

  /** The line that has not ended yet, as far as it has come; null when there is none. */
  open(): Line | null {
    return this.openBytes === 0 ? null : this.#show();
  }

  #add(part: Buffer): void {
    let end = part.length;
    while (end > 0 && part[end - 1] === RETURN) end -= 1;
    const last = end === 0 ? -1 : part.lastIndexOf(RETURN, end - 1);
    if (end > 0 && (this.#returned || last !== -1)) this.#clear();
    if (end > 0) this.#returned = false;
    if (end < part.length) this.#returned = true;
    this.#keep(part.subarray(last + 1, end));
  }

  #keep(text: Buffer): void {
    const room = Math.min(text.length, LINE_LIMIT_BYTES - this.#keptBytes);
    // A copy: a slice would hold on to the whole chunk.
    if (room > 0) this.#kept.push(Buffer.from(text.subarray(0, room)));
    this.#keptBytes += room;
    this.#dropped += text.length - room;
  }

  #show(): Line {
    if (this.#kept.length > 1) this.#kept = [Buffer.concat(this.#kept)];
    return showLine(this.#kept[0] ?? Buffer.alloc(0), this.#dropped);
  }

  #clear(): void {
    this.#kept = [];
    this.#keptBytes = 0;
    this.#dropped = 0;
  }
}

/** Where a line begins. */
export interface Place {
  /** Counted from 1. */
  line: number;
  offset: number;
}

/** Where line `wanted` begins, or the last line when there are fewer. */
export async function findLine(content: AsyncIterable<Buffer>, wanted: number): Promise<Place> {
  let place: Place = { line: 1, offset: 0 };
  await eachLineEnd(content, (offset) => {
    if (place.line < wanted) place = { line: place.line + 1, offset };
    return place.line < wanted;
  });
  return place;
}

/** Where the last `lines` lines begin, or fewer of them when those are more than `bytes`. */
export async function findTail(
  content: AsyncIterable<Buffer>,
  { lines, bytes }: { lines: number; bytes: number },
): Promise<Place> {
  // Where the last lines begin, in a ring.
  const starts = new Float64Array(lines);
  let count = 1;
  const size = await eachLineEnd(content, (offset) => {
    starts[count % lines] = offset;
    count += 1;
    return true;
  });
  const start = (line: number) => starts[(line - 1) % lines] ?? 0;
  let line = Math.max(1, count - lines + 1);
  while (line < count - 1 && size - start(line) > bytes) line += 1;
  return { line, offset: start(line) };
}

/** @param seen told where each next line begins; false ends the reading @returns bytes read */
async function eachLineEnd(
  content: AsyncIterable<Buffer>,
  seen: (offset: number) => boolean,
): Promise<number> {
  let read = 0;
  for await (const chunk of content) {
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, end + 1)) {
      if (!seen(read + end + 1)) return read + end + 1;
    }
    read += chunk.length;
  }
  return read;
}
