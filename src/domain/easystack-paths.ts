/** Which files of a pull request are easystacks, and which stack each is for: read from its path by the configuration's rules. */
import type { RepositoryTarget } from './target.ts';

/** One rule; the first that fits a path is taken. */
export interface EasystackRule {
  /** `*` within a folder, `**` across folders, `${repository}` and `${version}` for what is to be read out of the path. */
  path: string;
  /** Id of the repository target these files are for, where the path does not tell. */
  repository: string | null;
}

/** How a pull request of a software repository is looked at. */
export interface ChangeRules {
  easystacks: readonly EasystackRule[];
  /** Patterns of files that are pointed out when a pull request changes them. */
  pointOut: readonly string[];
  /** More commits than these on the base branch that the pull request does not have are pointed out. */
  farBehind: number;
}

/** A version of a stack, as a path names it; the bot need not know it. */
export interface Stack {
  /** The CernVM-FS repository: `software.eessi.io`. */
  name: string;
  version: string;
}

/** EESSI's layout; a file that names no version is read too, and is for no stack in particular. */
export const DEFAULT_EASYSTACKS: readonly EasystackRule[] = [
  { path: 'easystacks/${repository}/${version}/**', repository: null },
  { path: 'easystacks/**', repository: null },
];

/** What decides how everything is built, in EESSI's repositories. */
export const DEFAULT_POINT_OUT: readonly string[] = ['bot/**', 'init/**', 'scripts/**', '**/*hooks*', '*.sh'];

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '${repository}': '(?<repository>[a-z0-9-]+(?:\\.[a-z0-9-]+)+)',
  '${version}': '(?<version>\\d{4}\\.\\d{2}|\\d{8})',
};

/** Null when no rule makes it an easystack; `stack` is null where the rule tells of none. */
export function easystackAt(
  path: string,
  rules: readonly EasystackRule[],
  repositories: readonly RepositoryTarget[],
): { stack: Stack | null } | null {
  if (!/\.ya?ml$/.test(path)) return null;
  for (const rule of rules) {
    const match = pattern(rule.path).exec(path);
    if (match === null) continue;
    const named = repositories.find(({ id }) => id === rule.repository);
    if (named !== undefined) return { stack: { name: named.name, version: named.version } };
    const { repository: name, version } = match.groups ?? {};
    if (version === undefined) return { stack: null };
    if (name !== undefined) return { stack: { name, version } };
    const only = [...new Set(repositories.filter((one) => one.version === version).map((one) => one.name))];
    return { stack: only.length === 1 && only[0] !== undefined ? { name: only[0], version } : null };
  }
  return null;
}

/** Whether a path fits one of the patterns. */
export function fitsAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((one) => pattern(one).test(path));
}

/** Whether a pattern of the configuration can be read: each placeholder at most once, no empty folder. */
export function isPathPattern(text: string): boolean {
  const plain = text.replaceAll(/\$\{(?:repository|version)\}/g, 'x');
  const once = Object.keys(PLACEHOLDERS).every((name) => text.split(name).length <= 2);
  return once && /^[A-Za-z0-9*._/+-]+$/.test(plain) && !/^\/|\/\/|\/$/.test(plain);
}

const compiled = new Map<string, RegExp>();

function pattern(text: string): RegExp {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const source = text.replaceAll(/\$\{\w+\}|\*\*\/|\*+|[.+]/g, (piece) => {
    if (piece === '**/') return '(?:.*/)?';
    if (piece === '**') return '.*';
    if (piece === '*') return '[^/]*';
    return PLACEHOLDERS[piece] ?? `\\${piece}`;
  });
  const made = new RegExp(`^${source}$`, 's');
  compiled.set(text, made);
  return made;
}
