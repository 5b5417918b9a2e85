import type { Easyconfig, EasystackProblem } from '../domain/easystack.ts';
import { easystackAt, fitsAny, type Stack } from '../domain/easystack-paths.ts';
import type { Understood } from '../domain/pull-changes.ts';
import { type EasystackSides, softwareChanges } from '../domain/software-changes.ts';
import type { FileText, PullRequest } from '../ports.ts';
import type { ServedRepository, World } from './world.ts';

/**
 * Reads what a pull request changes, and what that means: asks git, and no node and no API.
 * @returns null when the commit or its base is gone, of which its builds tell
 */
export async function readPullChanges(
  world: World,
  { changes: rules }: ServedRepository,
  { repo, number, baseRef, headSha }: PullRequest,
): Promise<Understood | null> {
  const easystack = (path: string) => easystackAt(path, rules.easystacks, world.catalogue.repositories);
  const changes = await world.sources.changes(
    { repo, number, baseRef, headSha },
    (path) => easystack(path) !== null,
  );
  if (changes.kind === 'gone') return null;
  const problems: EasystackProblem[] = [];
  const stacks = new Map<string, Stack | null>();
  const sides: EasystackSides[] = [];
  for (const { path, before, after } of changes.files) {
    const found = easystack(path);
    if (found === null) continue;
    stacks.set(JSON.stringify(found.stack), found.stack);
    const old = before === null ? [] : read(world, path, before, []);
    sides.push({ path, before: old, after: after === null ? [] : read(world, path, after, problems) });
  }
  const told = [...stacks.values()].filter((stack) => stack !== null);
  return {
    software: softwareChanges(sides),
    stacks: told.length === stacks.size ? told : [],
    easystacks: sides.length,
    problems,
    pointedOut: changes.files
      .map(({ path }) => path)
      .filter((path) => easystack(path) === null && fitsAny(path, rules.pointOut))
      .sort(),
    behindBy: changes.behindBy > rules.farBehind ? changes.behindBy : null,
  };
}

const UNREADABLE: Record<'too-large' | 'no-file', string> = {
  'too-large': 'the file, or all of them together, is too large to be read; split it',
  'no-file': 'this is a link or a submodule; an easystack is a file',
};

/** What a side names; of a broken one nothing, and why goes to `problems`. */
function read(world: World, path: string, side: FileText, problems: EasystackProblem[]): Easyconfig[] {
  if ('unreadable' in side) {
    problems.push({ file: path, line: 1, column: 1, message: UNREADABLE[side.unreadable] });
    return [];
  }
  const result = world.readEasystack(path, side.text);
  if (result.kind === 'read') return result.easyconfigs;
  problems.push(...result.problems);
  return [];
}
