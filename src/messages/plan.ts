import type { Understood } from '../domain/pull-changes.ts';
import { isUnchanged } from '../domain/software-changes.ts';
import { type RepositoryTarget, type Target, targetName } from '../domain/target.ts';
import { brokenEasystacks, warnings } from './easystack.ts';
import { code, count, details, duration } from './markdown.ts';
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

/** `bot: plan`: what `bot: build` would do. */
export function plan(view: PlanView): string {
  const { rows, understood } = view;
  const title = `### Plan for ${code(view.headSha.slice(0, 7))}`;
  if (understood !== null && understood.problems.length > 0)
    return `${title}: nothing can be built\n\n${brokenEasystacks(understood.problems)}`;
  const commands = view.commands.map((command) => code(command)).join(' and ');
  const parts = [`${title}: ${count(rows.length, 'build')}`];
  parts.push(`Nothing was started. ${commands} would build:`, table(view), estimate(rows));
  if (understood === null) {
    parts.push('⚠️ What it changes cannot be read: the commit or its base branch is gone.');
    return parts.join('\n\n');
  }
  if (understood.easystacks > 0) parts.push(software(understood));
  for (const warning of warnings(understood, view.baseRef, view.beside)) parts.push(`⚠️ ${warning}`);
  return parts.join('\n\n');
}

function table({ rows, repositories }: PlanView): string {
  const lines = rows.map(({ target, repository, pools, usuallyMs }) => {
    const made = repositories.get(repository);
    const stack = made ? `${made.name} ${made.version}` : repository;
    return `| ${code(targetName(target))} | ${stack} | ${pools.map((pool) => code(pool)).join(', ')} | ${usuallyMs === null ? '' : duration(usuallyMs)} |`;
  });
  return ['| target | for | pool | usually takes |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function estimate(rows: readonly PlannedRow[]): string {
  const known = rows.flatMap(({ usuallyMs }) => usuallyMs ?? []);
  if (known.length === 0) return 'How long it takes is not known: nothing was built for these targets yet.';
  const longest = Math.max(...known);
  const missing = rows.length - known.length;
  const but = missing === 0 ? '' : ` (${count(missing, 'target')} without any not counted)`;
  return `With free nodes that takes about ${duration(longest)}, by the median of earlier builds${but}; other software takes other times.`;
}

function software({ software: changes }: Understood): string {
  const headline = `**Software**: ${softwareHeadline(changes)}`;
  if (isUnchanged(changes)) return `${headline}.`;
  const names =
    changes.added.length + changes.changed.length + changes.removed.length + changes.rebuilt.length;
  if (names <= FEW) return `${headline}.\n\n${softwareList(changes)}`;
  return details(headline.replaceAll('**', ''), softwareList(changes));
}
