import { distance } from 'fastest-levenshtein';

const LONGEST_WORD = 64;
/** Of more candidates that are equally near none is likely what was meant. */
const MOST_EQUALS = 3;

/** Words that people use for one of ours; some are nearer to a word that means something else. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['abort', 'cancel'],
  ['kill', 'cancel'],
  ['stop', 'cancel'],
  ['redo', 'retry'],
  ['rerun', 'retry'],
  ['restart', 'retry'],
  ['ingest', 'deploy'],
  ['publish', 'deploy'],
  ['revert', 'rollback'],
  ['undo', 'rollback'],
]);

/**
 * What a person most likely meant: the word that means the same, or, one slip allowed for every three letters begun: a candidate, several that are equally
 * near (`zen2 or zen4`), or null.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  const typed = word.slice(0, LONGEST_WORD).toLowerCase();
  const synonym = SYNONYMS.get(typed);
  if (synonym !== undefined && candidates.includes(synonym)) return synonym;
  let best: string[] = [];
  let bestDistance = Math.ceil(typed.length / 3);
  for (const candidate of new Set(candidates)) {
    const found = slips(typed, candidate.toLowerCase());
    if (found > bestDistance) continue;
    best = found === bestDistance ? [...best, candidate] : [candidate];
    bestDistance = found;
  }
  if (best.length === 0 || best.length > MOST_EQUALS) return null;
  const last = best.at(-1) ?? '';
  return best.length === 1 ? last : `${best.slice(0, -1).join(', ')} or ${last}`;
}

/** Letters that changed places are one slip. */
function slips(typed: string, meant: string): number {
  const sorted = (word: string) => [...word].sort().join('');
  return typed !== meant && sorted(typed) === sorted(meant) ? 1 : distance(typed, meant);
}

/** `did you mean zen2?`, or null; the ending of a mistake's line. */
export function didYouMean(word: string, candidates: readonly string[]): string | null {
  const best = closest(word, candidates);
  return best === null ? null : `did you mean ${best}?`;
}
