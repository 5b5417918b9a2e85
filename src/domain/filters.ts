/** Reads the filters of one command line: `arch=zen2,zen3 repo:2025.06 on:arch=zen4,accel=nvidia/cc80`. */
import {
  emptyFilters,
  type Filters,
  type MistakeCode,
  type NodeFilter,
  type Span,
  type Word,
} from './command.ts';
import { FILTER_NAMES, type FilterKey, writtenAs } from './command-table.ts';
import { checkValue, isBadValue, isQuoted, type Piece, shown, type ValueKind } from './filter-values.ts';
import { didYouMean } from './suggest.ts';

/** A mistake in a line, before the line's own facts are put to it. */
export interface Complaint extends Span {
  code: MistakeCode;
  message: string;
  hint: string | null;
  choices: string[];
}

export interface ReadFilters {
  filters: Filters;
  /** Words that stand alone, in order: a command's topic. */
  loose: Word[];
  complaints: Complaint[];
}

/** `key=value`, or a word alone (key null). */
interface Item {
  key: Piece | null;
  value: Piece;
  afterComma: boolean;
}

const SHORTEST_KEY = 3;
const WHOLE_KEYS: readonly string[] = ['on', 'for', 'job'];
const FILTER_KEYS = Object.keys(FILTER_NAMES) as readonly FilterKey[];
const LIST_KEYS = ['arch', 'accel', 'repo', 'inst', 'job', 'confirm'] as const;
type ListKey = (typeof LIST_KEYS)[number];

/** `arc`, `arch`, `Architecture` → `arch`; null for what is no filter. */
export function filterKey(typed: string): FilterKey | null {
  const key = typed.toLowerCase();
  if (key.length < SHORTEST_KEY) return key === 'on' ? 'on' : null;
  const found = FILTER_KEYS.find((name) =>
    WHOLE_KEYS.includes(name) ? key === name : FILTER_NAMES[name].startsWith(key),
  );
  return found ?? null;
}

/**
 * @param source the line; `from` is the index where its filters begin
 * @param allowed the filters the command takes
 */
export function readFilters(source: string, from: number, allowed: readonly FilterKey[]): ReadFilters {
  const reader = new FilterReader(allowed);
  for (const item of readItems(source, from)) reader.take(item);
  return reader.finish();
}

/** Takes items one by one; a comma lets the next item go on with the list that is open. */
class FilterReader {
  private readonly allowed: readonly FilterKey[];
  private readonly filters: Filters = emptyFilters();
  private readonly loose: Word[] = [];
  private readonly complaints: Complaint[] = [];
  /** The list that a word after a comma belongs to; its words are dropped when the filter was a mistake. */
  private open: { kind: ListKey; words: Word[] } | 'dropped' | 'export' | null = null;
  /** The `on:` or `for:` that is being read. */
  private node: NodeFilter | null = null;
  /** The first filter of either way to name targets, to tell when they are mixed. */
  private readonly first: { old: Piece | null; new: Piece | null } = { old: null, new: null };

  constructor(allowed: readonly FilterKey[]) {
    this.allowed = allowed;
  }

  take(item: Item): void {
    if (item.afterComma && this.open !== null && this.continueList(item)) return;
    this.open = null;
    this.node = null;
    if (item.key === null) {
      this.loose.push({ text: item.value.text, column: item.value.column, length: item.value.text.length });
      return;
    }
    const key = filterKey(item.key.text);
    if (key === null || !this.allowed.includes(key)) {
      this.open = 'dropped';
      this.refuseKey(item.key, key);
    } else if (item.value.text === '') {
      this.open = 'dropped';
      this.complain(item.key, 'missing-value', `${item.key.text} has no value`, writtenAs(key));
    } else {
      this.start(key, item.key, item.value);
    }
  }

  finish(): ReadFilters {
    const { old, new: node } = this.first;
    if (old !== null && node !== null) {
      const later = old.column > node.column ? old : node;
      const message = 'arch= and accel= do not go together with on: and for:';
      this.complain(later, 'filters-mixed', message, 'write for:arch=…,accel=…');
    }
    return { filters: this.filters, loose: this.loose, complaints: this.complaints };
  }

  private start(key: FilterKey, typed: Piece, value: Piece): void {
    switch (key) {
      case 'on':
      case 'for':
        this.first.new ??= typed;
        this.startNode(key, typed, value);
        break;
      case 'export':
        this.open = 'export';
        this.addExport(value);
        break;
      default:
        if (key === 'arch' || key === 'accel') this.first.old ??= typed;
        this.openList(key, this.filters[key], value);
    }
  }

  private startNode(key: 'on' | 'for', typed: Piece, value: Piece): void {
    const parts = splitAt(value, /[:=]/);
    const inner = parts === null ? null : filterKey(parts[0].text);
    if (this.filters[key] !== null) {
      this.open = 'dropped';
      this.complain(typed, 'filter-twice', `${key}: stands here twice`, 'write a second command');
    } else if (parts === null || inner !== 'arch' || parts[1].text === '') {
      this.open = 'dropped';
      const hint = parts === null ? `did you mean arch=${shown(value.text)}?` : `write ${key}:arch=…`;
      this.complain(value, 'bad-value', `${key}: begins with arch=`, hint);
    } else {
      this.node = { arch: [], accel: [] };
      this.filters[key] = this.node;
      this.openList('arch', this.node.arch, parts[1]);
    }
  }

  /** True when the item after a comma went into what is open. */
  private continueList(item: Item): boolean {
    const open = this.open;
    const key = item.key === null ? null : filterKey(item.key.text);
    if (this.node !== null && (key === 'arch' || key === 'accel')) {
      if (item.value.text === '')
        this.complain(item.key ?? item.value, 'missing-value', `${key} has no value`, writtenAs(key));
      else this.openList(key, this.node[key], item.value);
      return true;
    }
    if (open === 'dropped') return item.key === null;
    if (open === 'export') {
      if (item.key !== null) return false;
      this.complain(item.value, 'bad-value', 'the value of a variable cannot hold a comma', 'leave it out');
      return true;
    }
    if (open === null) return false;
    if (item.key === null) {
      this.add(open.kind, open.words, item.value);
      return true;
    }
    if (key !== null || open.kind !== 'accel') return false;
    // nvidia=cc90: the equals sign is the accelerator's own slash.
    const text = `${item.key.text}=${item.value.text}`;
    this.add('accel', open.words, { text, column: item.key.column });
    return true;
  }

  private openList(kind: ListKey, words: Word[], value: Piece): void {
    this.open = { kind, words };
    this.add(kind, words, value);
  }

  private add(kind: ListKey, words: Word[], value: Piece): void {
    const word = this.checked(kind, value);
    if (word !== null) words.push(word);
  }

  private addExport(piece: Piece): void {
    const parts = splitAt(piece, /=/);
    if (parts === null || parts[0].text === '' || parts[1].text === '') {
      this.complain(piece, 'missing-value', 'a variable is given as NAME=value', 'write export:NAME=value');
      return;
    }
    const name = this.checked('export-name', parts[0]);
    const value = this.checked('export-value', parts[1]);
    if (name === null || value === null) return;
    if (this.filters.exports.some((item) => item.name.text === name.text)) {
      this.complain(parts[0], 'filter-twice', `${shown(name.text)} is set twice`, 'leave one out');
    } else {
      this.filters.exports.push({ name, value });
    }
  }

  private checked(kind: ValueKind, piece: Piece): Word | null {
    const value = checkValue(kind, piece);
    if (!isBadValue(value)) return value;
    this.complaints.push({ ...value, code: 'bad-value', choices: [] });
    return null;
  }

  private refuseKey(typed: Piece, key: FilterKey | null): void {
    const choices = this.allowed.map((name) => (name === 'on' || name === 'for' ? `${name}:arch` : name));
    if (key !== null) {
      this.complain(typed, 'filter-not-taken', `this command takes no ${key}`, null, choices);
    } else {
      const names = this.allowed.flatMap((name) => [name, FILTER_NAMES[name]]);
      const message =
        typed.text === '' ? 'a filter has a name before its sign' : `there is no filter ${shown(typed.text)}`;
      this.complain(typed, 'unknown-filter', message, this.hintFor(typed.text, names), choices);
    }
  }

  private hintFor(typed: string, names: readonly string[]): string | null {
    const key = typed.toLowerCase();
    if (key === 'bot') return 'write each command on a line of its own';
    if (isQuoted(key)) return 'write it without quotes';
    const begun = key === '' ? undefined : this.allowed.find((name) => FILTER_NAMES[name].startsWith(key));
    return begun === undefined ? didYouMean(typed, names) : `did you mean ${begun}?`;
  }

  private complain(
    at: Piece,
    code: MistakeCode,
    message: string,
    hint: string | null = null,
    choices: string[] = [],
  ): void {
    const length = Math.max(1, at.text.length);
    this.complaints.push({ column: at.column, length, code, message, hint, choices });
  }
}

/** Cuts the line at blanks and commas, and puts `arch: zen2` and `arch = zen2` together again. */
function readItems(source: string, from: number): Item[] {
  const words = readWords(source, from);
  const items: Item[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i];
    if (word === undefined) break;
    let parts = splitAt(word, /[:=]/);
    const next = words[i + 1];
    if (parts === null && next !== undefined && !next.afterComma && /^[:=]/.test(next.text)) {
      parts = [word, { text: next.text.slice(1), column: next.column + 1 }];
      i += 1;
    }
    if (parts === null) {
      items.push({ key: null, value: word, afterComma: word.afterComma });
      continue;
    }
    const [key, value] = parts;
    const after = words[i + 1];
    if (value.text === '' && after !== undefined && !after.afterComma && isValueOf(key, after)) {
      items.push({ key, value: after, afterComma: word.afterComma });
      i += 1;
    } else {
      items.push({ key, value, afterComma: word.afterComma });
    }
  }
  return items;
}

/** Whether the word behind `key:` and a blank is its value, not the next filter. */
function isValueOf(key: Piece, word: Piece): boolean {
  const name = filterKey(key.text);
  if (name === 'on' || name === 'for' || name === 'export') return true;
  const parts = splitAt(word, /[:=]/);
  return parts === null || filterKey(parts[0].text) === null;
}

function readWords(source: string, from: number): (Piece & { afterComma: boolean })[] {
  const words: (Piece & { afterComma: boolean })[] = [];
  let afterComma = false;
  for (const match of source.slice(from).matchAll(/,|[^ ,]+/g)) {
    if (match[0] === ',') {
      afterComma = true;
    } else {
      words.push({ text: match[0], column: from + match.index + 1, afterComma });
      afterComma = false;
    }
  }
  return words;
}

/** The two sides of the first separator, or null where there is none. */
function splitAt(piece: Piece, separator: RegExp): [Piece, Piece] | null {
  const at = piece.text.search(separator);
  if (at < 0) return null;
  return [
    { text: piece.text.slice(0, at), column: piece.column },
    { text: piece.text.slice(at + 1), column: piece.column + at + 1 },
  ];
}
