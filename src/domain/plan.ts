/** From build commands to builds: filters against what this instance has. */
import { type Command, isMeant, type Mistake, mistakeAt, type Span, type Word } from './command.ts';
import { shown } from './filter-values.ts';
import { matchRepository } from './match-target.ts';
import { type ChosenTarget, chooseTargets, type Report } from './plan-targets.ts';
import { didYouMean } from './suggest.ts';
import { type Catalogue, type RepositoryTarget, type Target, targetName } from './target.ts';

/** A build to be made; every value in it comes from the catalogue, but the values of exports, which the parser allowed. */
interface PlannedBuild {
  target: Target;
  /** Repository target id. */
  repository: string;
  /** Pools that can build it, in catalogue order; which one does is chosen when a slot is free. */
  pools: string[];
  exports: Record<string, string>;
}

export type Plan =
  /** `left`: mistakes that the person wanted left out; empty unless asked to keep going. */
  | { kind: 'builds'; builds: PlannedBuild[]; left: Mistake[] }
  /** Nothing is started when any of the commands is wrong; nor where nothing is right, asked to keep going or not. */
  | { kind: 'mistakes'; mistakes: Mistake[] }
  /** Every command is for another instance: stay silent. */
  | { kind: 'not-meant' };

const MOST_MISTAKES = 20;

/**
 * Plans all build commands of one comment together. Builds stand in the order they were asked for, patterns in catalogue
 * order, each target × repository once. Without `repo:`
 * a target is built for what the pull request touches, or else for the one repository its pools offer; where there are
 * more, `repo:` is asked for. `repo:all` is all that it touches, or else all there are.
 * Nothing is planned where there are more builds than one comment may ask for.
 * @param touched ids of the repository targets that the pull request is for; empty where its paths do not tell
 * @param keepGoing whether targets that are right are built though others are wrong
 */
export function planBuild(
  commands: readonly Command[],
  catalogue: Catalogue,
  touched: readonly string[] = [],
  keepGoing = false,
): Plan {
  const meant = commands.filter((command) => isMeant(textsOf(command.filters.inst), catalogue.instance));
  if (meant.length === 0) return { kind: 'not-meant' };
  const mistakes: Mistake[] = [];
  const planned = new Map<string, PlannedBuild>();
  const contradicted = new Set<string>();
  let beyond: Command | null = null;
  for (const command of meant) {
    const report: Report = (span, code, message, extra) => {
      mistakes.push(
        mistakeAt(command, span, code, message, { ...extra, instances: textsOf(command.filters.inst) }),
      );
    };
    for (const build of planCommand(command, catalogue, touched, report)) {
      const key = `${targetName(build.target)} ${build.repository}`;
      const earlier = planned.get(key);
      if (earlier === undefined) {
        planned.set(key, build);
        if (planned.size > catalogue.limits.buildsPerRequest) beyond ??= command;
      } else if (!sameWay(earlier, build)) {
        contradicted.add(key);
        reportContradiction(command, build, report);
      }
    }
  }
  const left = mistakes.slice(0, MOST_MISTAKES);
  const builds = [...planned].flatMap(([key, build]) => (contradicted.has(key) ? [] : [build]));
  if (left.length > 0 && !(keepGoing && builds.length > 0)) return { kind: 'mistakes', mistakes: left };
  if (beyond !== null)
    return { kind: 'mistakes', mistakes: [tooMany(beyond, planned.size, catalogue.limits.buildsPerRequest)] };
  return { kind: 'builds', builds, left };
}

/** At the command with which there are too many, named or not. */
function tooMany(command: Command, asked: number, most: number): Mistake {
  const message = `this comes to ${asked} builds, and one comment may ask for ${most}`;
  return mistakeAt(command, command, 'too-many-builds', message, {
    hint: 'name fewer targets or repositories at once, in several comments',
    instances: textsOf(command.filters.inst),
  });
}

/** A plan costs nothing, so one that names no target is for all. */
export function forAllTargets(command: Command): Command {
  const { arch, accel, on, for: target } = command.filters;
  if (arch.length > 0 || accel.length > 0 || on !== null || target !== null) return command;
  const all = { text: 'all', column: command.column, length: command.length };
  return { ...command, filters: { ...command.filters, arch: [all] } };
}

function planCommand(
  command: Command,
  catalogue: Catalogue,
  touched: readonly string[],
  report: Report,
): PlannedBuild[] {
  const exports = allowedExports(command, catalogue, report);
  const targets = chooseTargets(command, catalogue, report);
  // Without a variable it would be another build than the one that was asked for.
  if (targets.length === 0 || exports === null) return [];
  const { repo } = command.filters;
  const pairs =
    repo.length === 0
      ? withTouchedRepositories(command, targets, catalogue, touched, report)
      : withNamedRepositories(repo, targets, catalogue, touched, report);
  return pairs.flatMap(({ chosen, repository }) => {
    const pools = chosen.pools.filter((one) => one.repositories.includes(repository)).map(({ name }) => name);
    return pools.length === 0 ? [] : [{ target: chosen.target, repository, pools, exports }];
  });
}

interface Pair {
  chosen: ChosenTarget;
  repository: string;
}

/** Without `repo:`. A target of a pattern whose pools offer nothing of what is touched is passed over. */
function withTouchedRepositories(
  span: Span,
  targets: readonly ChosenTarget[],
  catalogue: Catalogue,
  touched: readonly string[],
  report: Report,
): Pair[] {
  const meant = (chosen: ChosenTarget) =>
    offeredBy([chosen], catalogue).filter(({ id }) => touched.includes(id));
  if (!targets.some((chosen) => meant(chosen).length > 0))
    return withOnlyRepository(span, targets, catalogue, report);
  return targets.flatMap((chosen) => {
    const pairs = meant(chosen).map(({ id }) => ({ chosen, repository: id }));
    return pairs.length > 0 || chosen.byPattern
      ? pairs
      : withOnlyRepository(span, [chosen], catalogue, report);
  });
}

function withOnlyRepository(
  span: Span,
  targets: readonly ChosenTarget[],
  catalogue: Catalogue,
  report: Report,
): Pair[] {
  const open = new Set<string>();
  const pairs = targets.flatMap((chosen) => {
    const offered = offeredBy([chosen], catalogue);
    const [only] = offered;
    if (offered.length === 1 && only !== undefined) return [{ chosen, repository: only.id }];
    if (only === undefined) {
      report(span, 'not-offered', `there is no repository here to build ${targetName(chosen.target)} for`);
    }
    for (const { id } of offered) open.add(id);
    return [];
  });
  if (open.size > 0) {
    const choices = [...open];
    const extra = { hint: `add repo:${choices[0]}`, choices };
    report(span, 'no-repository', 'it does not say which repository to build for', extra);
  }
  return pairs;
}

function withNamedRepositories(
  words: readonly Word[],
  targets: readonly ChosenTarget[],
  catalogue: Catalogue,
  touched: readonly string[],
  report: Report,
): Pair[] {
  return words.flatMap((word) => {
    const offered = offeredBy([{ pools: catalogue.pools }], catalogue);
    const meant = offered.filter(({ id }) => touched.includes(id));
    const repositories = word.text.toLowerCase() === 'all' && meant.length > 0 ? meant : offered;
    const match = matchRepository(word.text, repositories);
    if (match.kind !== 'matched') {
      reportRepository(word, match, repositories, report);
      return [];
    }
    const pairs: Pair[] = [];
    for (const repository of match.names) {
      for (const chosen of targets) {
        if (chosen.pools.some((pool) => pool.repositories.includes(repository))) {
          pairs.push({ chosen, repository });
        } else if (!chosen.byPattern && !match.many) {
          const choices = offeredBy([chosen], catalogue).map(({ id }) => id);
          const message = `${targetName(chosen.target)} is not built for ${repository} here`;
          report(word, 'not-offered', message, { choices });
        }
      }
    }
    const byPattern = match.many || targets.every((chosen) => chosen.byPattern);
    if (pairs.length === 0 && byPattern) {
      const choices = offeredBy(targets, catalogue).map(({ id }) => id);
      report(word, 'not-offered', `none of these targets is built for ${shown(word.text)} here`, { choices });
    }
    return pairs;
  });
}

/** Repository targets that the pools offer, in catalogue order. */
function offeredBy(
  targets: readonly { pools: readonly { repositories: readonly string[] }[] }[],
  catalogue: Catalogue,
): RepositoryTarget[] {
  const ids = new Set(targets.flatMap(({ pools }) => pools.flatMap((pool) => pool.repositories)));
  return catalogue.repositories.filter((repository) => ids.has(repository.id));
}

function reportRepository(
  word: Word,
  match: Exclude<ReturnType<typeof matchRepository>, { kind: 'matched' }>,
  repositories: readonly RepositoryTarget[],
  report: Report,
): void {
  const typed = shown(word.text);
  if (match.kind === 'none') {
    const hint = match.suggestion === null ? null : `did you mean ${match.suggestion}?`;
    const choices = repositories.map(({ id }) => id);
    report(word, 'unknown-repository', `no repository here matches ${typed}`, { hint, choices });
  } else {
    report(word, 'ambiguous-repository', `${typed} can mean several repositories`, { choices: match.names });
  }
}

/** Null after a mistake. */
function allowedExports(
  command: Command,
  catalogue: Catalogue,
  report: Report,
): Record<string, string> | null {
  const { exportable } = catalogue;
  const entries: [string, string][] = [];
  for (const { name, value } of command.filters.exports) {
    if (exportable.includes(name.text)) {
      entries.push([name.text, value.text]);
      continue;
    }
    const message =
      exportable.length === 0
        ? 'no variables may be set here'
        : `the variable ${shown(name.text)} may not be set here`;
    report(name, 'not-exportable', message, { hint: didYouMean(name.text, exportable), choices: exportable });
  }
  if (entries.length < command.filters.exports.length) return null;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sameWay(a: PlannedBuild, b: PlannedBuild): boolean {
  return JSON.stringify([a.pools, a.exports]) === JSON.stringify([b.pools, b.exports]);
}

function reportContradiction(command: Command, build: PlannedBuild, report: Report): void {
  const what = `${targetName(build.target)} for ${build.repository}`;
  report(command, 'contradiction', `${what} is asked for twice, on other nodes or with other variables`);
}

function textsOf(words: readonly Word[]): string[] {
  return words.map((word) => word.text);
}
