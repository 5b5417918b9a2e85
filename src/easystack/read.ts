/** Reads an easystack file: YAML with positions, then EasyBuild's forms of it; whatever a pull request put into it. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Easyconfig, EasystackProblem, ReadEasystack } from '../domain/easystack.ts';
import { DEEPEST, lineStarts, tooDeep, yamlSentence } from './yaml-text.ts';

/** UTF-16 units of a file: an easystack of a whole stack has 60 000. */
export const LONGEST_EASYSTACK = 512 * 1024;
const MOST_EASYCONFIGS = 5_000;
const MOST_OPTIONS = 100;
const MOST_PROBLEMS = 20;
const LONGEST_NAME = 1_000;
const LONGEST_VALUE = 4_000;

/** A path of an easyconfig; nothing in it that a shell, a Markdown table or a terminal would take for its own. */
const NAME_CHARACTER = /[A-Za-z0-9_./+~=:@,-]/;
const OPTION_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** EasyBuild reads these at the top of the file too. */
const TOP_KEYS: readonly string[] = ['easyconfigs', 'easybuild_version', 'robot'];

/** @param file its path, for the problems */
export function readEasystack(file: string, text: string): ReadEasystack {
  const reader = new Reader(file, text);
  const easyconfigs = reader.read();
  return reader.problems.length > 0
    ? { kind: 'broken', problems: reader.problems.slice(0, MOST_PROBLEMS) }
    : { kind: 'read', easyconfigs };
}

class Reader {
  readonly problems: EasystackProblem[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #meant = new Map<Alias, Node>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(): Easyconfig[] {
    const document = this.#parse();
    if (document === null) return [];
    const top = document.contents;
    if (top === null || (isScalar(top) && top.value === null)) {
      this.#problem(0, 'the file is empty; it should hold `easyconfigs:` and a list');
      return [];
    }
    if (!isMap(top)) {
      this.#problem(at(top), 'the file should begin with `easyconfigs:` and a list');
      return [];
    }
    return this.#top(top);
  }

  #parse(): Document.Parsed<ParsedNode, true> | null {
    if (this.#text.length > LONGEST_EASYSTACK) {
      this.#problem(0, `the file is longer than ${LONGEST_EASYSTACK / 1024} KiB; split it`);
      return null;
    }
    const alien = /[\uFFFD\0]/.exec(this.#text);
    if (alien !== null) {
      this.#lines.lineStarts = lineStarts(this.#text);
      this.#problem(alien.index, 'there is a byte here that is not UTF-8 text');
      return null;
    }
    const deep = tooDeep(this.#text);
    if (deep !== null) {
      this.#lines.lineStarts = lineStarts(this.#text);
      this.#problem(deep, `this is nested more than ${DEEPEST} levels deep`);
      return null;
    }
    let document: Document.Parsed<ParsedNode, true>;
    try {
      document = parseDocument(this.#text, { lineCounter: this.#lines, prettyErrors: false });
    } catch (error) {
      // No text is known that brings the parser to this; if there is one, it is a bad file and not a bad bot.
      this.#problem(
        0,
        `this is no valid YAML: ${error instanceof Error ? error.name : 'it'} stopped the reader`,
      );
      return null;
    }
    for (const flaw of firstOfLines(document.errors, this.#lines))
      this.#problem(flaw.pos[0], yamlSentence(flaw.code, flaw.message, this.#wordAt(flaw.pos[0])));
    if (this.problems.length > 0) return null;
    this.#resolveAliases(document);
    return this.problems.length > 0 ? null : document;
  }

  /** Each alias and the node it stands for: the newest of that name above it. Nothing is copied, so nothing can explode. */
  #resolveAliases(document: Document.Parsed<ParsedNode, true>): void {
    const anchors = new Map<string, Node>();
    visit(document, {
      Alias: (_key, alias) => {
        const node = anchors.get(alias.source);
        if (node !== undefined) this.#meant.set(alias, node);
        else this.#problem(at(alias), `nothing above is called \`&${alias.source.slice(0, 60)}\``);
      },
      Value: (_key, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  #top(top: YAMLMap): Easyconfig[] {
    for (const { key } of top.items) {
      const name = this.#textOf(key);
      if (name === null || !TOP_KEYS.includes(name))
        this.#problem(
          at(key),
          `an easystack has no key \`${shown(name ?? '?')}\`; it holds \`easyconfigs:\` and a list`,
        );
    }
    const pair = top.items.find(({ key }) => this.#textOf(key) === 'easyconfigs');
    if (pair === undefined) {
      if (this.problems.length === 0) this.#problem(at(top), 'there is no `easyconfigs:` in the file');
      return [];
    }
    const list = this.#resolved(pair.value);
    if (!isSeq(list)) {
      this.#problem(
        at(pair.key),
        '`easyconfigs:` should be followed by a list, one easyconfig in a line that starts with `- `',
      );
      return [];
    }
    if (list.items.length > MOST_EASYCONFIGS) {
      this.#problem(
        at(pair.key),
        `the list names more than ${MOST_EASYCONFIGS.toLocaleString('en-US')} easyconfigs; split it`,
      );
      return [];
    }
    return list.items.flatMap((item) => this.#entry(item) ?? []);
  }

  /** A name, or a map with one name and its options. */
  #entry(item: unknown): Easyconfig | null {
    const node = this.#resolved(item);
    if (isScalar(node)) {
      const name = this.#name(node, item);
      return name === null ? null : { name, options: {}, line: this.#line(item) };
    }
    const [pair, ...others] = isMap(node) ? node.items : [];
    if (pair === undefined) {
      this.#problem(at(item), 'here should be the name of an easyconfig');
      return null;
    }
    const [second] = others;
    if (second !== undefined) {
      const name = shown(this.#textOf(second.key) ?? '?');
      this.#problem(
        at(second.key),
        `\`${name}\` stands at the depth of the easyconfig's name; indent it further, or start it with \`- \``,
      );
      return null;
    }
    const name = this.#name(pair.key, item);
    const options = this.#settings(pair.value);
    return name === null ? null : { name, options, line: this.#line(item) };
  }

  #name(key: unknown, item: unknown): string | null {
    const text = this.#textOf(key);
    if (text === null || text === '') {
      this.#problem(at(item), 'here should be the name of an easyconfig');
      return null;
    }
    const wrong = [...text].find((character) => !NAME_CHARACTER.test(character));
    if (wrong !== undefined || text.length > LONGEST_NAME) {
      const why = wrong === undefined ? 'is too long' : `cannot hold ${named(wrong)}`;
      this.#problem(at(key), `the name of an easyconfig ${why}`);
      return null;
    }
    const base = text.slice(text.lastIndexOf('/') + 1);
    if (/^\.*$/.test(base) || text.split('/').includes('..')) {
      this.#problem(at(key), `\`${shown(text)}\` names no easyconfig`);
      return null;
    }
    return base.endsWith('.eb') ? base : `${base}.eb`;
  }

  #settings(value: unknown): Record<string, string> {
    const node = this.#resolved(value);
    if (node === null || (isScalar(node) && node.value === null)) return {};
    if (!isMap(node)) {
      this.#problem(at(value), 'behind the name of an easyconfig there can only be `options:`');
      return {};
    }
    const options: Record<string, string> = {};
    for (const pair of node.items) {
      const key = this.#textOf(pair.key);
      if (key === 'options') Object.assign(options, this.#options(pair.key, pair.value));
      else
        this.#problem(at(pair.key), `an easyconfig can only have \`options:\`, not \`${shown(key ?? '?')}\``);
    }
    return options;
  }

  #options(key: unknown, value: unknown): Record<string, string> {
    const node = this.#resolved(value);
    if (node === null || (isScalar(node) && node.value === null)) return {};
    if (!isMap(node) || node.items.length > MOST_OPTIONS) {
      this.#problem(at(key), '`options:` should be followed by options of EasyBuild, each with its value');
      return {};
    }
    const entries: [string, string][] = [];
    for (const pair of node.items) {
      const name = this.#textOf(pair.key);
      const text = this.#value(pair.value);
      if (name === null || !OPTION_NAME.test(name))
        this.#problem(at(pair.key), `\`${shown(name ?? '?')}\` is no option of EasyBuild`);
      else if (text === null)
        this.#problem(
          at(pair.key),
          `the value of \`${shown(name)}\` should be one line of text, a number, or a list of them`,
        );
      else entries.push([name, text]);
    }
    return Object.fromEntries(entries);
  }

  #value(value: unknown): string | null {
    const node = this.#resolved(value);
    if (node === null) return '';
    if (isSeq(node)) {
      const texts = node.items.map((item) => this.#textOf(item));
      return node.items.length > MOST_OPTIONS || texts.includes(null) ? null : texts.join(',');
    }
    return this.#textOf(node);
  }

  /** A scalar as text; null for anything else and for what does not fit in a line. */
  #textOf(value: unknown): string | null {
    const node = this.#resolved(value);
    if (!isScalar(node)) return null;
    const text = node.value === null ? '' : (node.source ?? String(node.value));
    return text.length > LONGEST_VALUE || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text) ? null : text;
  }

  #resolved(value: unknown): unknown {
    return isAlias(value) ? (this.#meant.get(value) ?? null) : value;
  }

  #wordAt(offset: number): string {
    return /^[\w./+-]*/.exec(this.#text.slice(offset, offset + 60))?.[0] ?? '';
  }

  #line(value: unknown): number {
    return this.#lines.linePos(at(value)).line;
  }

  #problem(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ file: this.#file, line: Math.max(1, line), column: Math.max(1, col), message });
  }
}

/** One flaw of each line: the others there follow from it. */
function firstOfLines<T extends { pos: [number, number] }>(flaws: readonly T[], lines: LineCounter): T[] {
  const seen = new Set<number>();
  return flaws.filter(({ pos }) => {
    const { line } = lines.linePos(pos[0]);
    return !seen.has(line) && seen.add(line);
  });
}

function at(value: unknown): number {
  return (value as Node | null | undefined)?.range?.[0] ?? 0;
}

function shown(text: string): string {
  return text.replaceAll('`', "'").slice(0, 60);
}

function named(character: string): string {
  if (character === ' ') return 'a blank';
  if (character === '`') return 'a backtick';
  return `\`${character}\``;
}
