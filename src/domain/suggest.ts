import { distance } from 'fastest-levenshtein';

const LONGEST_WORD = 64;

/** The candidate a person most likely meant, or null when none is near: one slip allowed for every three letters begun. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const typed = word.slice(0, LONGEST_WORD).toLowerCase();
  const allowed = Math.ceil(typed.length / 3);
  let best: string | null = null;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const found = distance(typed, candidate.toLowerCase());
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** `did you mean zen2?`, or null; the ending of a mistake's line. */
export function didYouMean(word: string, candidates: readonly string[]): string | null {
  const best = closest(word, candidates);
  return best === null ? null : `did you mean ${best}?`;
}
