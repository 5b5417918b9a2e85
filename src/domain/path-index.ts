/** What is known of a path in a tarball; `implied`: a directory that no member named so far. */
export type PathKind = 'implied' | 'directory' | 'file' | 'symlink';

const kinds: readonly PathKind[] = ['implied', 'directory', 'file', 'symlink'];

/**
 * Remembers the kind of millions of paths in 9 bytes each (by a 64-bit hash, open addressing), where a Map of strings
 * would need hundreds of megabytes. Two paths of one hash count as the same path: by chance once in ten million
 * tarballs of two million members; on purpose, it makes a tarball look like one with a duplicate, which is refused.
 */
export class PathIndex {
  #size = 0;
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  /** 0: the slot is free, else 1 + position in `kinds`. */
  #kind = new Uint8Array(1024);
  /** Members come folder by folder: where the hash of the last path was at the end of its folder. */
  readonly #last = new RollingHash();
  #folder = '';
  /** Nothing above this folder's content is a file or a symlink; null: not known. */
  #entered: string | null = null;

  get(path: string): PathKind | null {
    const [high, low] = this.#hash(path);
    return kinds[(this.#kind[this.#slot(high, low)] ?? 0) - 1] ?? null;
  }

  set(path: string, kind: PathKind): void {
    const [high, low] = this.#hash(path);
    if (kind === 'file' || kind === 'symlink') {
      if (this.#entered?.startsWith(path)) this.#entered = null;
    }
    this.#put(high, low, kinds.indexOf(kind) + 1);
  }

  /** The first directory above the path that is a file or a symlink; all those not seen before are now implied. */
  enter(path: string): { path: string; kind: PathKind } | null {
    const slash = path.lastIndexOf('/');
    if (slash > 0 && this.#entered?.length === slash && path.startsWith(this.#entered)) return null;
    this.#entered = null;
    const rolling = new RollingHash();
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      const [high, low] = rolling.upTo(path, end);
      const kind = kinds[(this.#kind[this.#slot(high, low)] ?? 0) - 1];
      if (kind === 'file' || kind === 'symlink') return { path: path.slice(0, end), kind };
      if (kind === undefined) this.#put(high, low, 1);
    }
    this.#entered = path.slice(0, Math.max(0, slash));
    return null;
  }

  #hash(path: string): [high: number, low: number] {
    const slash = Math.max(0, path.lastIndexOf('/'));
    if (slash !== this.#folder.length || !path.startsWith(this.#folder)) {
      this.#folder = path.slice(0, slash);
      this.#last.restart();
      this.#last.upTo(path, slash);
    }
    return this.#last.ahead(path);
  }

  #slot(high: number, low: number): number {
    const mask = this.#kind.length - 1;
    let at = low & mask;
    while (this.#kind[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #put(high: number, low: number, kind: number): void {
    const at = this.#slot(high, low);
    if (this.#kind[at] === 0) this.#size++;
    this.#high[at] = high;
    this.#low[at] = low;
    this.#kind[at] = kind;
    if (this.#size * 2 > this.#kind.length) this.#grow();
  }

  #grow(): void {
    const [highs, lows, old] = [this.#high, this.#low, this.#kind];
    this.#high = new Uint32Array(old.length * 2);
    this.#low = new Uint32Array(old.length * 2);
    this.#kind = new Uint8Array(old.length * 2);
    this.#size = 0;
    old.forEach((kind, at) => {
      if (kind !== 0) this.#put(highs[at] ?? 0, lows[at] ?? 0, kind);
    });
  }
}

/**
 * FNV-1a and a second multiplicative hash of the first `end` UTF-16 units, each with a murmur3 finish. It goes on where
 * it was, so that a path with thousands of parts costs no more than its length.
 */
class RollingHash {
  #a = 0x811c9dc5;
  #b = 0;
  #at = 0;

  upTo(text: string, end: number): [high: number, low: number] {
    let [a, b] = [this.#a, this.#b];
    for (let at = this.#at; at < end; at++) {
      const unit = text.charCodeAt(at);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b + unit, 0x9e3779b1);
      b ^= b >>> 15;
    }
    this.#a = a;
    this.#b = b;
    this.#at = end;
    return [finish(a ^ b), finish(b ^ end)];
  }

  /** Of the whole text, of which it has the beginning already; it stays where it is. */
  ahead(text: string): [high: number, low: number] {
    const [a, b, at] = [this.#a, this.#b, this.#at];
    const hash = this.upTo(text, text.length);
    this.#a = a;
    this.#b = b;
    this.#at = at;
    return hash;
  }

  restart(): void {
    this.#a = 0x811c9dc5;
    this.#b = 0;
    this.#at = 0;
  }
}

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
