import type { Understood } from '../domain/pull-changes.ts';
import { isUnchanged } from '../domain/software-changes.ts';
import { type RepositoryTarget, type Target, targetName } from '../domain/target.ts';
import { brokenEasystacks, warnings } from './easystack.ts';
import { code, count, details, duration, linesWithin, list } from './markdown.ts';
import { softwareHeadline, softwareList } from './software.ts';

/** One build that would be made. */
export interface PlannedRow {
  target: Target;
  repository: string;
  pools: readonly string[];
  /** Median of how long such builds ran; null: none was made yet. */
  usuallyMs: number | null;
}

export interface PlanView {
  headSha: string;
  baseRef: string;
  /** The commands that would do it. */
  commands: readonly string[];
  rows: readonly PlannedRow[];
  repositories: ReadonlyMap<string, RepositoryTarget>;
  /** Null: the commit could not be read. */
  understood: Understood | null;
  /** Repositories of rows that the pull request does not change. */
  beside: readonly string[];
}

/** Names that are shown without being folded away. */
const FEW = 12;
/** More builds than this are folded away, below what is to be known of all of them. */
const MANY = 16;
/** Commands that are shown, and characters of each. */
const MOST_COMMANDS = 5;
const LONGEST_COMMAND = 200;
/** Characters for the rows, and for the names of software; a comment of GitHub holds 65,536. */
const ROOM = 40_000;
const NAMES_ROOM = 15_000;

/** `bot: plan`: what `bot: build` would do. */
export function plan(view: PlanView): string {
  const { rows, understood } = view;
  const title = `### Plan for ${code(view.headSha.slice(0, 7))}`;
  if (understood !== null && understood.problems.length > 0)
    return `${title}: nothing can be built\n\n${brokenEasystacks(understood.problems)}`;
  const started = `Nothing was started. ${commands(view)} would build`;
  const about = understood === null ? [UNREADABLE] : [...software(understood), ...warned(understood, view)];
  const parts =
    rows.length > MANY
      ? [
          `${started} ${kinds(view)}.`,
          estimate(rows),
          ...about,
          details(`The ${count(rows.length, 'build')}`, table(view)),
        ]
      : [`${started}:`, table(view), estimate(rows), ...about];
  return [`${title}: ${count(rows.length, 'build')}`, ...parts].join('\n\n');
}

const UNREADABLE = '⚠️ What it changes cannot be read: the commit or its base branch is gone.';

function warned(understood: Understood, { baseRef, beside }: PlanView): string[] {
  return warnings(understood, baseRef, beside).map((warning) => `⚠️ ${warning}`);
}

function commands({ commands: all }: PlanView): string {
  const shown = all.slice(0, MOST_COMMANDS).map((command) => code(command, LONGEST_COMMAND));
  const more = all.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : list(shown);
}

/** `for 60 targets of software.eessi.io 2025.06`: what many rows come to. */
function kinds({ rows, repositories }: PlanView): string {
  const targets = new Set(rows.map(({ target }) => targetName(target))).size;
  const stacks = new Set(rows.map(({ repository }) => stackName(repository, repositories)));
  const [stack] = stacks;
  return `for ${count(targets, 'target')} of ${stacks.size === 1 ? stack : count(stacks.size, 'stack')}`;
}

function stackName(repository: string, repositories: PlanView['repositories']): string {
  const made = repositories.get(repository);
  return made ? `${made.name} ${made.version}` : repository;
}

function table({ rows, repositories }: PlanView): string {
  const lines = rows.map(({ target, repository, pools, usuallyMs }) => {
    const stack = stackName(repository, repositories);
    return `| ${code(targetName(target))} | ${stack} | ${pools.map((pool) => code(pool)).join(', ')} | ${usuallyMs === null ? '' : duration(usuallyMs)} |`;
  });
  const shown = linesWithin(lines, ROOM);
  const more = lines.length - shown.length;
  return [
    ['| target | for | pool | usually takes |', '| --- | --- | --- | --- |', ...shown].join('\n'),
    ...(more > 0 ? [`${count(more, 'more build')}, which this comment has no room for.`] : []),
  ].join('\n\n');
}

function estimate(rows: readonly PlannedRow[]): string {
  const known = rows.flatMap(({ usuallyMs }) => usuallyMs ?? []);
  if (known.length === 0) return 'How long it takes is not known: nothing was built for these targets yet.';
  const longest = Math.max(...known);
  const missing = rows.length - known.length;
  const but = missing === 0 ? '' : ` (${count(missing, 'target')} without any not counted)`;
  return `With free nodes that takes about ${duration(longest)}, by the median of earlier builds${but}; other software takes other times.`;
}

function software({ software: changes, easystacks }: Understood): string[] {
  if (easystacks === 0) return [];
  const headline = `**Software**: ${softwareHeadline(changes)}`;
  if (isUnchanged(changes)) return [`${headline}.`];
  const names =
    changes.added.length + changes.changed.length + changes.removed.length + changes.rebuilt.length;
  const list = softwareList(changes);
  if (names <= FEW) return [`${headline}.\n\n${list}`];
  if (list.length > NAMES_ROOM) return [`${headline}; that is more than this comment can name.`];
  return [details(headline.replaceAll('**', ''), list)];
}
