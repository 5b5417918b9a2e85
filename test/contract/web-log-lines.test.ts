import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_LIMIT_BYTES, type Line, showLine } from '../../src/web/log/line.ts';
import { findLine, findTail, LineReader } from '../../src/web/log/lines.ts';

const ESC = '\x1b';
const show = (text: string) => showLine(Buffer.from(text));
const textOf = (line: Line | null) =>
  (line ?? []).map((piece) => (typeof piece === 'string' ? piece : piece[0])).join('');

describe('a line', () => {
  test.each<[string, Line]>([
    ['plain', ['plain']],
    ['', []],
    [`${ESC}[31mred${ESC}[0m and not`, [['red', 'c1'], ' and not']],
    [`${ESC}[1;32mgood${ESC}[m`, [['good', 'c2 bold']]],
    [`${ESC}[1m${ESC}[31mboth${ESC}[22mred${ESC}[39mnone`, [['both', 'c1 bold'], ['red', 'c1'], 'none']],
    [
      `${ESC}[91;104mbright${ESC}[49mx`,
      [
        ['bright', 'c9 p12'],
        ['x', 'c9'],
      ],
    ],
    [`${ESC}[2;3;4;7mall`, [['all', 'dim italic underline inverse']]],
    [`${ESC}[38;5;9mof 256`, [['of 256', 'c9']]],
    [`${ESC}[38;5;196mcube`, [['cube', 'c9']]],
    [`${ESC}[48;5;232;1mgrey`, [['grey', 'p0 bold']]],
    [
      `${ESC}[38;2;0;0;120mblue${ESC}[38:2:255:255:255mwhite`,
      [
        ['blue', 'c4'],
        ['white', 'c15'],
      ],
    ],
    [`${ESC}[38mcut short`, ['cut short']],
    [`${ESC}[99;1234mnothing`, ['nothing']],
    [`a${ESC}[2Kb${ESC}[1;5Hc${ESC}[?25ld`, ['abcd']],
    [`${ESC}]0;a title\x07text`, ['text']],
    [`${ESC}]8;;https://evil.example${ESC}\\a link${ESC}]8;;${ESC}\\`, ['a link']],
    [`${ESC}]0;without an end hides nothing`, ['0;without an end hides nothing']],
    [`${ESC}(Ba${ESC}Mb${ESC}`, ['ab']],
    ['tab\tbell\x07 null\0 back\b del\x7f c1\u009b', ['tab\tbell null back del c1']],
    ['\u202eabc\u2066 \u200bhidden', ['abc hidden']],
    ['<script>alert(1)</script> & "', ['<script>alert(1)</script> & "']],
  ])('%j', (text, line) => {
    expect(show(text)).toEqual(line);
  });

  test('invalid UTF-8 is shown as such', () => {
    expect(showLine(Buffer.from([0x61, 0xff, 0xc3, 0x28]))).toEqual(['a\ufffd\ufffd(']);
  });

  test('classes are ours and text is without control characters, whatever a log holds', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom(ESC, `${ESC}[`, `${ESC}]`, ';', 'm', '\x07', '38', '5', '31'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        for (const piece of show(parts.join(''))) {
          if (typeof piece !== 'string') expect(piece[1]).toMatch(/^[a-z0-9 ]+$/);
          expect(typeof piece === 'string' ? piece : piece[0]).not.toMatch(/[\0-\x08\x0a-\x1f\x7f-\x9f]/);
        }
      }),
    );
  });
});

describe('lines', () => {
  const read = (...chunks: string[]) => {
    const reader = new LineReader();
    const lines = chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)).map(textOf));
    return { lines, open: reader.open() === null ? null : textOf(reader.open()), bytes: reader.openBytes };
  };

  test.each([
    [['a\nb\n'], ['a', 'b'], null, 0],
    [['a\nb'], ['a'], 'b', 1],
    [['a', 'b\nc'], ['ab'], 'c', 1],
    [['\n\n'], ['', ''], null, 0],
    [['windows\r\n', 'again\r', '\nx'], ['windows', 'again'], 'x', 1],
    [['1%\r50%\r100%\ndone\n'], ['100%', 'done'], null, 0],
    [['1%\r', '50%'], [], '50%', 6],
    [['1%\r50%\r'], [], '50%', 7],
    [['\r\r', '\r\n'], [''], null, 0],
    [['old\r', '\r', 'new', '\n'], ['new'], null, 0],
  ])('%j', (chunks, lines, open, bytes) => {
    expect(read(...chunks)).toEqual({ lines, open, bytes });
  });

  test('a character cut in two by a chunk is whole', () => {
    const reader = new LineReader();
    const bytes = Buffer.from('ü\n');
    expect([...reader.push(bytes.subarray(0, 1)), ...reader.push(bytes.subarray(1))]).toEqual([['ü']]);
  });

  test('are the same however the bytes come', () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', '\r', '\n', '\r\n', 'ü', `${ESC}[31m`))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
        const reader = new LineReader();
        const chunks = [];
        let rest = Buffer.from(whole);
        for (const cut of cuts) {
          chunks.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        const lines = [...chunks, rest].flatMap((chunk) => reader.push(chunk));
        const atOnce = new LineReader();
        expect(lines).toEqual(atOnce.push(Buffer.from(whole)));
        expect(reader.open()).toEqual(atOnce.open());
        expect(lines).toHaveLength(whole.split('\n').length - 1);
      }),
    );
  });

  test('a line without end is cut, and the next one is whole', () => {
    const reader = new LineReader();
    for (let times = 0; times < 100; times += 1) reader.push(Buffer.alloc(100_000, 'ü'));
    const text = textOf(reader.push(Buffer.from('\n'))[0] ?? null);
    expect(text).toBe(
      `${'ü'.repeat(LINE_LIMIT_BYTES / 2)} … ${(10_000_000 - LINE_LIMIT_BYTES).toLocaleString('en-US')} bytes more in the raw log`,
    );
    expect(reader.push(Buffer.from('next\n'))).toEqual([['next']]);
  });

  test('a progress bar of any length shows its last state', () => {
    const reader = new LineReader();
    for (let times = 0; times < 1000; times += 1) reader.push(Buffer.from(`\r${'#'.repeat(100)}${times}`));
    expect(textOf(reader.open())).toBe(`${'#'.repeat(100)}999`);
  });
});

describe('places in a log', () => {
  async function* inPieces(text: string) {
    for (let at = 0; at < text.length; at += 3) yield Buffer.from(text.slice(at, at + 3));
  }
  const log = 'one\ntwo\nthree\nfour\n';

  test.each([
    [1, { line: 1, offset: 0 }],
    [3, { line: 3, offset: 8 }],
    [5, { line: 5, offset: 19 }],
    [99, { line: 5, offset: 19 }],
  ])('line %i', async (wanted, place) => {
    expect(await findLine(inPieces(log), wanted)).toEqual(place);
  });

  test.each([
    ['', 3, 100, { line: 1, offset: 0 }],
    ['one', 3, 100, { line: 1, offset: 0 }],
    [log, 99, 100, { line: 1, offset: 0 }],
    [log, 3, 100, { line: 3, offset: 8 }],
    [`${log}five`, 3, 100, { line: 3, offset: 8 }],
    [log, 3, 5, { line: 4, offset: 14 }],
    ['a line longer than asked for\n', 3, 5, { line: 1, offset: 0 }],
  ])('the end of %j, %i lines or %i bytes', async (text, lines, bytes, place) => {
    expect(await findTail(inPieces(text), { lines, bytes })).toEqual(place);
  });
});
