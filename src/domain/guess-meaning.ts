/** What somebody probably meant who wrote a name without its filter: only what exists here is ever suggested. */
import type { Mistake } from './command.ts';
import { matchPath, matchRepository } from './match-target.ts';
import { closest } from './suggest.ts';
import { type Catalogue, shortCpu } from './target.ts';

const NAME = /^[A-Za-z0-9*][A-Za-z0-9_./*+-]{0,127}$/;
type GuessedKey = 'arch' | 'accel' | 'repo';

/** Completes mistakes that have no hint by what this instance has: `did you mean arch=zen2?` */
export function withGuesses(mistakes: readonly Mistake[], catalogue: Catalogue): Mistake[] {
  return mistakes.map((mistake) => {
    const { code, source, column, length, hint, choices } = mistake;
    const isStray = code === 'unexpected-word' && choices.length === 0;
    if (hint !== null || !(isStray || code === 'unknown-command')) return mistake;
    const filters = filtersFor(source.slice(column - 1, column - 1 + length), catalogue);
    if (filters === null) return isStray ? { ...mistake, hint: 'leave it out' } : mistake;
    return { ...mistake, hint: `did you mean ${code === 'unknown-command' ? 'build ' : ''}${filters}?` };
  });
}

/** `arch=zen2,zen3 accel=cc80` for `zen2 zen3 cc80 please`; null when none of the words is a name here. */
function filtersFor(words: string, catalogue: Catalogue): string | null {
  const found = new Map<GuessedKey, string[]>();
  for (const word of words.split(/[ ,]+/).filter(Boolean)) {
    const guess = keyOf(word, catalogue);
    const near = guess === null ? nearTarget(word, catalogue) : null;
    if (guess !== null) found.set(guess, [...(found.get(guess) ?? []), word]);
    else if (near !== null) found.set('arch', [...(found.get('arch') ?? []), near]);
  }
  if (found.size === 0) return null;
  return [...found].map(([key, names]) => `${key}=${names.join(',')}`).join(' ');
}

/** The one target whose name a word with a digit in it misses by a slip: `zenn2`; words of prose have none. */
function nearTarget(word: string, { pools }: Catalogue): string | null {
  if (!NAME.test(word) || !/\d/.test(word)) return null;
  const near = closest(word, [...new Set(pools.flatMap(({ buildsFor }) => buildsFor.map(shortCpu)))]);
  return near === null || near.includes(' or ') ? null : near;
}

/** The filter whose value a word can be, or null. */
export function keyOf(word: string, catalogue: Catalogue): GuessedKey | null {
  if (!NAME.test(word)) return null;
  const targets = catalogue.pools.flatMap(({ buildsFor }) => buildsFor);
  if (matchPath(word.replaceAll('-', '/'), [...new Set(targets)]).kind !== 'none') return 'arch';
  const accelerators = catalogue.pools.flatMap((pool) => pool.accelerators);
  if (matchPath(word, [...new Set(accelerators)]).kind !== 'none') return 'accel';
  // `software` is a part of most names, and a word of prose; a version is not.
  return /\d/.test(word) && matchRepository(word, catalogue.repositories).kind !== 'none' ? 'repo' : null;
}
