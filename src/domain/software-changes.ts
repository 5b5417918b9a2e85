/** What a pull request does to the software of a stack, from its easystacks before and after. */
import { type Easyconfig, softwareOf } from './easystack.ts';

/** One changed easystack file; an empty side where the file is not there. */
export interface EasystackSides {
  path: string;
  before: readonly Easyconfig[];
  after: readonly Easyconfig[];
}

/** Software by the names of its easyconfigs without `.eb`, sorted; each list holds at most MOST_LISTED. */
export interface SoftwareChanges {
  added: string[];
  /** `from` is the name before where the version is another one; null where only the options are. */
  changed: { from: string | null; to: string }[];
  removed: string[];
  /** Named by an easystack of rebuilds: what is published is replaced. */
  rebuilt: string[];
  /** What the lists leave out. */
  more: number;
}

/** Names a list holds: what a row keeps and a comment can show. */
export const MOST_LISTED = 200;

/** EESSI's layout: what stands in a folder of this name replaces software that is published. */
const REBUILDS = /(?:^|\/)rebuilds\//;

/**
 * Compares all files together: what only moved from one file to another is no change. One version that took the place of
 * another in the same file is a change.
 */
export function softwareChanges(files: readonly EasystackSides[]): SoftwareChanges {
  const before = new Map<string, string>();
  for (const { name, options } of files.flatMap((file) => file.before))
    before.set(name, fingerprint(options));
  const kept = new Set(files.flatMap((file) => file.after.map(({ name }) => name)));
  const added = new Set<string>();
  const changed = new Map<string, string | null>();
  const rebuilt = new Set<string>();
  const removed = new Set([...before.keys()].filter((name) => !kept.has(name)));
  for (const { path, before: old, after } of files) {
    const known = new Set(old.map(entryKey));
    for (const entry of after) {
      if (known.has(entryKey(entry))) continue;
      const earlier = before.get(entry.name);
      if (REBUILDS.test(path)) rebuilt.add(entry.name);
      else if (earlier === undefined) added.add(entry.name);
      else if (earlier !== fingerprint(entry.options)) changed.set(entry.name, null);
    }
    pairVersions(old, after, { added, removed, changed });
  }
  return bounded({ added, changed, removed, rebuilt });
}

interface Found {
  added: Set<string>;
  removed: Set<string>;
  changed: Map<string, string | null>;
}

/** A version that went and one that came, of the same software for the same toolchain in one file: a change. */
function pairVersions(old: readonly Easyconfig[], after: readonly Easyconfig[], found: Found): void {
  const gone = byIdentity(old.filter(({ name }) => found.removed.has(name)));
  const came = byIdentity(after.filter(({ name }) => found.added.has(name)));
  for (const [identity, [from, ...others]] of gone) {
    const [to, ...more] = came.get(identity) ?? [];
    if (from === undefined || to === undefined || others.length > 0 || more.length > 0) continue;
    found.removed.delete(from);
    found.added.delete(to);
    found.changed.set(to, from);
  }
}

function byIdentity(entries: readonly Easyconfig[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of new Set(entries.map((entry) => entry.name))) {
    const { name: software, toolchain, suffix } = softwareOf(name);
    const identity = JSON.stringify([software, toolchain, suffix]);
    found.set(identity, [...(found.get(identity) ?? []), name]);
  }
  return found;
}

function bounded({ added, changed, removed, rebuilt }: Found & { rebuilt: Set<string> }): SoftwareChanges {
  let more = 0;
  const cut = <T>(items: T[]): T[] => {
    more += Math.max(0, items.length - MOST_LISTED);
    return items.slice(0, MOST_LISTED);
  };
  const names = (set: Set<string>) => cut([...set].map(bare).sort(compare));
  const pairs = [...changed].map(([to, from]) => ({ from: from === null ? null : bare(from), to: bare(to) }));
  return {
    added: names(added),
    changed: cut(pairs.sort((a, b) => compare(a.to, b.to))),
    removed: names(removed),
    rebuilt: names(rebuilt),
    more,
  };
}

/** True when nothing is done to any software. */
export function isUnchanged({ added, changed, removed, rebuilt }: SoftwareChanges): boolean {
  return added.length + changed.length + removed.length + rebuilt.length === 0;
}

function bare(name: string): string {
  return name.replace(/\.eb$/, '');
}

function entryKey({ name, options }: Easyconfig): string {
  return `${name} ${fingerprint(options)}`;
}

function fingerprint(options: Easyconfig['options']): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  const [low, other] = [a.toLowerCase(), b.toLowerCase()];
  if (low === other) return a < b ? -1 : 1;
  return low < other ? -1 : 1;
}
