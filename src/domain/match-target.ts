/**
 * What a typed name means among the names that exist. Exact beats the end of a path (`zen2`, `amd/zen2`), that beats the
 * beginning of a word in the last name (`n1`, `amd/zen`). A star or `all` means many; anything else means one, or is
 * reported as ambiguous, never guessed.
 */
import { closest } from './suggest.ts';
import { type RepositoryTarget, shortCpu } from './target.ts';

export type Match =
  /** `many` is true when several were asked for by `all` or a star. */
  | { kind: 'matched'; names: string[]; many: boolean }
  | { kind: 'ambiguous'; names: string[] }
  /** A whole family (`x86_64`), which is no target by itself; `names` are its members. */
  | { kind: 'family'; names: string[] }
  | { kind: 'none'; suggestion: string | null };

const SHORTEST_PART = 2;

/** Matches a path such as a CPU or an accelerator; letters' case does not matter. */
export function matchPath(typed: string, names: readonly string[]): Match {
  const pattern = typed
    .toLowerCase()
    .replace(/^linux\//, '')
    .replace(/\/+$/, '');
  const many = matchMany(pattern, names, pathTails);
  if (many !== null) return many;
  const lowered = names.map((name) => ({ name, low: name.toLowerCase() }));
  const pick = (test: (low: string) => boolean) =>
    lowered.filter(({ low }) => test(low)).map(({ name }) => name);

  const family = pick((low) => `/${low}`.includes(`/${pattern}/`));
  return (
    oneOf(pick((low) => low === pattern)) ??
    oneOf(pick((low) => low.endsWith(`/${pattern}`))) ??
    (family.length > 0 ? { kind: 'family', names: family } : null) ??
    (pattern.length < SHORTEST_PART ? null : oneOf(pick((low) => beginsWord(low, pattern)))) ?? {
      kind: 'none',
      suggestion: suggest(pattern, names),
    }
  );
}

/** Matches a repository target by its id, its CernVM-FS repository, its version, or a part of the id; names are ids. */
export function matchRepository(typed: string, repositories: readonly RepositoryTarget[]): Match {
  const pattern = typed.toLowerCase();
  const ids = repositories.map((repository) => repository.id);
  const many = matchMany(pattern, ids, (id) => [id]);
  if (many !== null) return many;
  const pick = (test: (repository: RepositoryTarget) => boolean) =>
    repositories.filter(test).map((repository) => repository.id);

  return (
    oneOf(pick(({ id }) => id.toLowerCase() === pattern)) ??
    oneOf(pick(({ name, version }) => name.toLowerCase() === pattern || version === pattern)) ??
    oneOf(pick(({ id }) => `-${id.toLowerCase()}-`.includes(`-${pattern}-`))) ??
    oneOf(pattern.length < SHORTEST_PART ? [] : pick(({ id }) => id.toLowerCase().includes(pattern))) ?? {
      kind: 'none',
      suggestion: closest(pattern, [...ids, ...repositories.map((repository) => repository.version)]),
    }
  );
}

/** The names as people type them: the last part where it tells them apart, else the whole. */
export function shortNames(names: readonly string[]): string[] {
  const shorts = names.map(shortCpu);
  return names.map((name, index) => {
    const short = shorts[index] ?? name;
    return shorts.filter((other) => other === short).length === 1 ? short : name;
  });
}

/** True when the text fits a pattern in which `*` stands for anything; linear, whatever the pattern. */
export function fitsGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [head = ''] = parts;
  if (parts.length === 1) return text === pattern;
  const tail = parts.at(-1) ?? '';
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  const end = text.length - tail.length;
  let from = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** `all` and patterns with a star; null when the pattern is neither. */
function matchMany(
  pattern: string,
  names: readonly string[],
  forms: (name: string) => string[],
): Match | null {
  if (pattern !== 'all' && !pattern.includes('*')) return null;
  const found =
    pattern === 'all'
      ? [...names]
      : names.filter((name) => forms(name.toLowerCase()).some((form) => fitsGlob(pattern, form)));
  if (found.length > 0) return { kind: 'matched', names: found, many: true };
  const families = names.flatMap((name) =>
    name.includes('/') ? [`${name.slice(0, name.lastIndexOf('/'))}/*`] : [],
  );
  const roots = names.flatMap((name) =>
    name.includes('/') ? [`${name.slice(0, name.indexOf('/'))}/*`] : [],
  );
  return { kind: 'none', suggestion: closest(pattern, [...roots, ...families]) };
}

function oneOf(names: string[]): Match | null {
  if (names.length === 0) return null;
  return names.length === 1 ? { kind: 'matched', names, many: false } : { kind: 'ambiguous', names };
}

/** `n1` and `aarch64/neov` in `aarch64/neoverse_n1`; but not `n2` in `zen2`, which would be a guess. */
function beginsWord(path: string, pattern: string): boolean {
  const cut = (text: string) => text.lastIndexOf('/') + 1;
  const families = `/${path.slice(0, cut(path))}`;
  const wanted = pattern.slice(0, cut(pattern));
  const last = path.slice(cut(path));
  return families.endsWith(`/${wanted}`) && `_${last}`.includes(`_${pattern.slice(cut(pattern))}`);
}

/** `a/b/c`, `b/c`, `c`. */
function pathTails(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(index).join('/'));
}

function suggest(pattern: string, names: readonly string[]): string | null {
  return closest(pattern, [...shortNames(names), ...names]);
}
