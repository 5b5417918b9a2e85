import type { Build } from '../domain/build.ts';
import type { Mistake } from '../domain/command.ts';
import { type Catalogue, shortCpu, targetName } from '../domain/target.ts';
import { code, codeBlock, count, list, prose } from './markdown.ts';
import { headline } from './status-comment.ts';

/** One comment held mistakes: all of them, each with its line and a mark under it. */
export function notUnderstood(mistakes: readonly Mistake[], catalogue: Catalogue): string {
  const shown = mistakes.slice(0, 5);
  const parts = shown.map((mistake, index) => {
    const lead = index === 0 ? 'Nothing was started. ' : '';
    return `${lead}Line ${mistake.line}: ${withNames(mistake.message)}.\n${codeBlock(pointAt(mistake))}${choices(mistake)}`;
  });
  if (mistakes.length > shown.length)
    parts.push(`${mistakes.length - shown.length} more mistakes are in the same comment.`);
  parts.push(`${targetsLine(catalogue)} \`bot: help build\` has examples.`);
  return parts.join('\n\n');
}

function choices({ choices: names }: Mistake): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 30).map((name) => code(name));
  return `\n\nThere is ${list(shown)}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}.`;
}

/** The widest piece of a line that is shown, characters. */
const WINDOW = 100;

function pointAt({ source, column, length, hint }: Mistake): string {
  const start = Math.max(0, column - 1 - Math.floor(WINDOW / 2));
  const piece = source.slice(start, start + WINDOW);
  const before = start > 0 ? '…' : '';
  const indent = ' '.repeat(before.length + column - 1 - start);
  const marks = '^'.repeat(Math.max(1, Math.min(length, piece.length - (column - 1 - start))));
  return `${before}${piece.replaceAll('\t', ' ')}${start + WINDOW < source.length ? '…' : ''}\n${indent}${marks}${hint ? ` ${hint}` : ''}`;
}

/** Text of ours with names between backticks: each name becomes a code span that nothing can break out of. */
function withNames(text: string): string {
  return text.replaceAll(/`([^`]*)`/g, (_, name: string) => code(name));
}

function targetsLine(catalogue: Catalogue): string {
  const names = [...new Set(catalogue.pools.flatMap((pool) => pool.buildsFor.map(shortCpu)))];
  return `Targets: ${names.map((name) => code(name)).join(', ')}.`;
}

/** Somebody without the right asked for something. */
export function noRight(login: string, action: string, who: string, command: string): string {
  const verb =
    action === 'build'
      ? 'builds here are started by'
      : action === 'deploy'
        ? 'deploys here are asked for by'
        : 'this is done here by';
  return `@${login}, ${verb} ${prose(who)}. One of them can comment ${code(command)}; your pull request is ready for it.`;
}

/** A command on an issue, where there is nothing to build. */
export function notAPullRequest(): string {
  return 'Commands work on pull requests; this is an issue, so nothing was started.';
}

/** A command on a pull request that is closed. */
export function closedPullRequest(): string {
  return 'This pull request is closed, so nothing was started. Reopen it and repeat the command.';
}

/** The head moved between the command and its arrival. */
export function headMoved(headSha: string, known: boolean): string {
  const head = code(headSha.slice(0, 7));
  return known
    ? `Nothing was started: the branch moved to ${head} after (or in the same second as) the command was written. Look at the new commit and repeat the command.`
    : `Nothing was started: it is not certain that ${head} is the commit the command was written for. Look at it and repeat the command.`;
}

/** The help text: short, then examples from this instance's own configuration. */
export function help(catalogue: Catalogue, topic: string | null): string {
  const targets = [...new Set(catalogue.pools.flatMap((pool) => pool.buildsFor))];
  const first = shortCpu(targets[0] ?? 'x86_64/generic');
  const second = targets.map(shortCpu).find((name) => name !== first);
  const repository = catalogue.repositories[0]?.id ?? '';
  const lines =
    topic === 'build'
      ? [
          '**`bot: build`** builds this pull request, merged onto its base branch, for the targets you name.',
          '',
          '| you write | it builds |',
          '| --- | --- |',
          `| ${code(`bot: build arch=${first}`)} | for one target |`,
          ...(second ? [`| ${code(`bot: build arch=${first},${second}`)} | for two |`] : []),
          '| `bot: build arch=all` | for every target there is |',
          `| ${code(`bot: build arch=${first} repo:${repository}`)} | for one repository only |`,
          `| ${code(`bot: build on:arch=${first} for:arch=${targets[0] ?? ''}`)} | on one kind of node, for a target it can build |`,
          ...catalogue.exportable
            .slice(0, 1)
            .map(
              (name) =>
                `| ${code(`bot: build arch=${first} export:${name}=yes`)} | with a variable set for the scripts |`,
            ),
        ]
      : [
          `**Stratobot** (${code(catalogue.instance)}) builds this pull request and publishes what two people approved. Write a line that starts with \`bot:\`.`,
          '',
          '| you write | what happens |',
          '| --- | --- |',
          `| ${code(`bot: build arch=${first}`)} | builds for a target; \`bot: help build\` has more examples |`,
          '| `bot: status` | what is built, running, put up for approval |',
          '| `bot: cancel` | stops what runs; `bot: cancel arch=…` only that |',
          '| `bot: deploy` | puts the newest good artifacts of the current commit up for approval |',
          '| `bot: help` | this |',
          '',
          'The labels `bot:build` (everything) and `bot:deploy` do the same.',
        ];
  const repositories = catalogue.repositories.map((target) => code(target.id)).join(', ');
  return [lines.join('\n'), `${targetsLine(catalogue)} Repositories: ${repositories}.`].join('\n\n');
}

/** `bot: show_config`: what this instance can build, and where. */
export function showConfig(catalogue: Catalogue): string {
  const rows = catalogue.pools.map((pool) => {
    const targets = pool.buildsFor.map((cpu) => code(cpu)).join(', ');
    const accelerators = pool.accelerators.map((name) => code(name)).join(', ');
    return `| ${code(pool.name)} | ${targets} | ${accelerators} | ${pool.repositories.map((id) => code(id)).join(', ')} |`;
  });
  return ['| pool | builds for | accelerators | repositories |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** `bot: status`: one line a request, newest first. */
export function status(
  rows: readonly { headSha: string; isHead: boolean; builds: readonly Build[]; commentUrl: string | null }[],
): string {
  if (rows.length === 0) return 'Nothing was built here yet. `bot: help build` has examples.';
  return rows
    .map(({ headSha, isHead, builds, commentUrl }) => {
      const text = `${code(headSha.slice(0, 7))}${isHead ? '' : ' (an older commit)'}: ${headline(builds)}`;
      return `- ${commentUrl ? `[details](${commentUrl}) · ` : ''}${text}`;
    })
    .join('\n');
}

/** `bot: ping`. */
export function pong(instance: string): string {
  return `${code(instance)} is here.`;
}

/** What `bot: cancel` did. */
export function cancelled(builds: readonly Build[]): string {
  if (builds.length === 0) return 'Nothing is running here, so nothing was cancelled.';
  return `Cancelling ${count(builds.length, 'build')}: ${list(builds.map((build) => code(targetName(build.target))))}.`;
}

/** A command that could not be carried out for a reason that is not its author's. */
export function trouble(detail: string): string {
  return `The command was understood, but could not be carried out: ${code(detail, 300)}. An administrator can see more in the log; repeat the command when it is mended.`;
}
