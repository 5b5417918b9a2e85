/** A YAML file with positions kept, so that a problem can name its line. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import type { Problem } from './problems.ts';

export type Path = readonly PropertyKey[];

/** More aliases than a person writes are a bomb. */
const MAX_ALIASES = 50;

export class ConfigDocument {
  readonly file: string;
  /** The content as plain values; undefined when there are problems. */
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly problems: Problem[] = [];
  readonly #document: Document.Parsed;
  readonly #lines: string[];
  readonly #counter = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.#lines = text.split(/\r?\n/);
    this.#document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false });
    for (const flaw of [...this.#document.errors, ...this.#document.warnings]) {
      const [from, to] = flaw.pos;
      const word = /^[\w.-]*/.exec(text.slice(from, from + 80))?.[0] ?? '';
      const found = yamlSentence(flaw.code, flaw.message, word);
      const range: [number, number] = [from, Math.max(to, from + word.length)];
      this.problems.push(this.#problem(range, { found, expected: null, suggestion: null }));
    }
    if (this.problems.length === 0) this.value = this.#plain();
  }

  #plain(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      this.problems.push(this.#problem([0, 0], { found, expected: null, suggestion: null }));
      return undefined;
    }
  }

  /** A problem with the value at a path, or with its nearest parent where the path leads nowhere; [] is the whole file. */
  atValue(path: Path, what: Wording): Problem {
    for (let length = path.length; length > 0; length--) {
      const range = this.#node(path.slice(0, length))?.range;
      if (range) return this.#problem([range[0], range[1]], what);
    }
    return { file: this.file, line: null, column: null, length: 0, source: null, ...what };
  }

  /** A problem with the key at the end of a path; for an element of a list, with the element. */
  atKey(path: Path, what: Wording): Problem {
    const range = this.#pair(path)?.key.range;
    return range ? this.#problem([range[0], range[1]], what) : this.atValue(path, what);
  }

  /** The value as it is written, for showing it back. */
  written(path: Path): string | null {
    const node = this.#node(path);
    return isScalar(node) && node.source !== undefined ? node.source : null;
  }

  #pair(path: Path): Pair<Node, Node | null> | undefined {
    const parent = this.#node(path.slice(0, -1));
    const key = path.at(-1);
    if (!isMap(parent)) return undefined;
    return parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key)) as
      | Pair<Node, Node | null>
      | undefined;
  }

  #node(path: Path): Node | null {
    let node: Node | null = this.#document.contents;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      if (isMap(node)) {
        const value: unknown = node.get(String(step), true);
        node = (value as Node | undefined) ?? null;
      } else if (isSeq(node)) {
        node = (node.get(Number(step), true) as Node | undefined) ?? null;
      } else {
        return null;
      }
    }
    return node;
  }

  #problem([from, to]: readonly [number, number], what: Wording): Problem {
    const { line, col } = this.#counter.linePos(from);
    const source = this.#lines[line - 1] ?? '';
    const length = Math.max(1, Math.min(to - from, source.trimEnd().length - col + 1));
    return { file: this.file, line, column: col, length, source, ...what };
  }
}

export type Wording = Pick<Problem, 'found' | 'expected' | 'suggestion'>;

/** The parser's own sentences where they read well; ours where they speak to programmers. */
function yamlSentence(code: string, message: string, word: string): string {
  if (code === 'DUPLICATE_KEY') return `the key \`${word}\` is there twice`;
  if (code === 'MULTIPLE_DOCS')
    return 'a second YAML document starts here; the configuration is one document';
  if (code === 'TAB_AS_INDENT') return 'indented with a tab; YAML wants spaces';
  return `not valid YAML: ${message}`;
}
