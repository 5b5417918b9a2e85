/** What a deploy may do to what its repository has already. */
import { quoteName } from './tarball-policy.ts';

type Kind = 'directory' | 'file' | 'link';

/** One path of a deploy beside what the repository has there. */
export interface Meeting {
  /** Below `versions`: `2025.06/software/…`. */
  path: string;
  wanted: Kind;
  found: Kind | 'other' | 'nothing';
  /** Files or links of the same content. */
  same: boolean;
  /** It comes with a compatibility layer. */
  layer: boolean;
}

type Rule = 'file-over-directory' | 'directory-over-file' | 'compat' | 'overwrites';

/** A rule that a deploy breaks: how often, and the first paths. */
export interface Clash {
  rule: Rule;
  count: number;
  first: string[];
}

/** What a deploy would change; directories are not counted. */
export interface Differences {
  added: number;
  replaced: { count: number; first: string[] };
  /** There already, byte for byte. */
  identical: number;
  /** Compatibility layers that are there and are moved aside as a whole. */
  layers: string[];
  /** None: it fits. */
  clashes: Clash[];
}

/** Replaced paths that are kept to be shown; a rebuild of one program has some hundred. */
const keptReplaced = 1_000;
const keptPaths = 10;

/** What is wrong with a clash of each rule, as the end of a sentence, and what can be done about it. */
const rules: Record<Rule, { what: [one: string, several: string]; remedy: string }> = {
  'file-over-directory': {
    what: [
      'is a directory there, and a file in the deploy',
      'are directories there, and files in the deploy',
    ],
    remedy:
      'Somebody who administers the repository removes what is there first, in a transaction; then `bot: deploy` puts the same builds up again.',
  },
  'directory-over-file': {
    what: [
      'is a file there, and a directory in the deploy',
      'are files there, and directories in the deploy',
    ],
    remedy:
      'Somebody who administers the repository removes what is there first, in a transaction; then `bot: deploy` puts the same builds up again.',
  },
  compat: {
    what: ['is part of a compatibility layer', 'are parts of a compatibility layer'],
    remedy: 'Only a tarball of the type `compat` replaces a compatibility layer, as a whole.',
  },
  overwrites: {
    what: ['is there already with another content', 'are there already with another content'],
    remedy:
      '`bot: deploy rebuild` puts the same builds up to replace what is there, and tells the reviewers.',
  },
};

/**
 * Compares a deploy with its repository, path by path in any order, each once. What is the same stays as it is and is no
 * overwriting.
 * @param options `rebuild`: files may be replaced; `layersAside`: a compatibility layer that is there makes room as a whole,
 *   so nothing of it is in the way
 */
export function repositoryPolicy(options: { rebuild: boolean; layersAside: boolean }): {
  meet(meeting: Meeting): void;
  end(): Differences;
} {
  const clashes = new Map<Rule, Clash>();
  const layers = new Set<string>();
  const counts = { added: 0, identical: 0 };
  const replaced = { count: 0, first: [] as string[] };

  const clash = (rule: Rule, path: string): void => {
    const known = clashes.get(rule) ?? { rule, count: 0, first: [] };
    known.count++;
    if (known.first.length < keptPaths) known.first.push(path);
    clashes.set(rule, known);
  };

  const judge = ({ path, wanted, found, layer }: Meeting): Rule | null => {
    const within = layerOf(path);
    if (layer && options.layersAside && within !== null) return null;
    if (wanted === 'directory') return 'directory-over-file';
    if (found === 'directory') return 'file-over-directory';
    if (within !== null && !layer) return 'compat';
    return options.rebuild || layer ? null : 'overwrites';
  };

  return {
    meet(meeting) {
      const { path, wanted, found, same, layer } = meeting;
      const within = layerOf(path);
      if (found !== 'nothing' && layer && options.layersAside && within !== null) layers.add(within);
      if (wanted === 'directory' && (found === 'directory' || found === 'nothing')) return;
      if (found === 'nothing') counts.added++;
      else if (same) counts.identical++;
      else {
        replaced.count++;
        if (replaced.first.length < keptReplaced) replaced.first.push(path);
        const rule = judge(meeting);
        if (rule !== null) clash(rule, path);
      }
    },
    end: () => ({ ...counts, replaced, layers: [...layers].sort(), clashes: [...clashes.values()] }),
  };
}

/** The compatibility layer that a path is in: `<version>/compat/<os>/<arch>`. */
function layerOf(path: string): string | null {
  return /^[^/]+\/compat\/[^/]+\/[^/]+(?=\/|$)/.exec(path)?.[0] ?? null;
}

/** What a clash is, with names between backticks and without a full stop; `shown`: of the first paths. */
export function clashWords({ rule, count, first }: Clash, shown = keptPaths): string {
  const names = first.slice(0, shown).map(quoteName).join(', ');
  const more = count - Math.min(shown, first.length);
  const rest = more > 0 ? ` and ${more.toLocaleString('en-US')} more` : '';
  return `${names}${rest} ${rules[rule].what[count === 1 ? 0 : 1]}`;
}

/** What can be done about a clash: a sentence. */
export function clashRemedy({ rule }: Clash): string {
  return rules[rule].remedy;
}

/** Why a deploy does not fit its repository, in one sentence without a full stop; null: it fits. */
export function misfit(repository: string, { clashes }: Differences): string | null {
  if (clashes.length === 0) return null;
  const words = clashes.map((clash) => clashWords(clash, 3));
  return `it does not fit what \`${repository}\` has already: ${words.join('; ')}`;
}
