/** Lines are cut here; what matters in a line stands near its start. */
const LONGEST_LINE = 2_000;

/** Terminal sequences: colours and cursor (CSI), titles and links (OSC), single characters. */
const ESCAPES =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Other control characters, and those that reorder or hide text where it is shown. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const ANY_UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** One line as a terminal would show it. */
export function plain(line: string): string {
  if (!ANY_UNSEEN.test(line)) return line.trimEnd();
  return line.replace(ESCAPES, '').replace(UNSEEN, '').trimEnd();
}

/** Text of a stranger inside backticks: it cannot end them, and is cut at `most` characters. */
export function code(text: string, most = 200): string {
  const clean = text.replaceAll('`', "'").replace(/\s+/g, ' ').trim();
  const points = [...clean];
  const cut = points.length > most ? `${points.slice(0, most - 1).join('')}…` : clean;
  return cut === '' ? '`?`' : `\`${cut}\``;
}

/** The first web address in a line. */
export function addressIn(line: string): string | null {
  return /https?:\/\/[^\s'"<>)]{1,300}/.exec(line)?.[0].replace(/[.,:;]$/, '') ?? null;
}

/** File name of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The first lines that say something, joined; for tools that put the message below the word "error". */
export function firstWords(lines: readonly string[], most = 2): string {
  const said: string[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (text === '' && said.length === 0) continue;
    if (text === '' || text.startsWith('Call Stack')) break;
    said.push(text);
    if (said.length === most) break;
  }
  return said.join(' ');
}

/**
 * Cuts a stream of text into lines; never holds more than one cut line. A carriage return alone writes over the line:
 * each version of it is told, under the same number.
 */
export function lineCutter(tell: (text: string, number: number) => void): {
  write(chunk: string): void;
  end(): void;
} {
  let held = '';
  let number = 1;
  let told = false;
  const flush = () => {
    if (held === '') return;
    tell(held, number);
    held = '';
    told = true;
  };
  return {
    write(chunk) {
      let from = 0;
      for (const { 0: mark, index } of chunk.matchAll(/[\r\n]/g)) {
        keep(chunk, from, index);
        from = index + 1;
        flush();
        if (mark === '\r') continue;
        if (!told) tell('', number);
        told = false;
        number += 1;
      }
      keep(chunk, from, chunk.length);
    },
    end: flush,
  };

  function keep(chunk: string, from: number, to: number): void {
    const room = LONGEST_LINE - held.length;
    if (room > 0 && to > from) held += chunk.slice(from, Math.min(to, from + room));
  }
}
