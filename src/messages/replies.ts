import type { Build } from '../domain/build.ts';
import { COMMANDS, type CommandName } from '../domain/command-table.ts';
import type { Deploy } from '../domain/deploy.ts';
import { type Catalogue, shortCpu, targetName } from '../domain/target.ts';
import { deployLine } from './deploy-line.ts';
import { code, count, list, prose } from './markdown.ts';
import { targetsLine } from './mistakes.ts';
import { headline } from './status-words.ts';

const DONE_BY: Readonly<Record<string, string>> = {
  build: 'builds here are started by',
  cancel: 'builds here are cancelled by',
  priority: 'waiting builds are given priority here by',
  deploy: 'deploys here are asked for by',
  despite_tests: 'deploys despite failed tests are asked for here by',
};

/**
 * Somebody without the right asked for something.
 * @param who those who have it, from whoMay()
 */
export function noRight(login: string, action: string, who: string, command: string): string {
  const lead = `@${login}, ${DONE_BY[action] ?? 'this is done here by'} ${prose(who)}`;
  return who === 'nobody' ? `${lead}.` : `${lead}. One of them can comment ${code(command)}.`;
}

/** A command on an issue, where there is nothing to build. */
export function notAPullRequest(): string {
  return 'Commands work on pull requests; this is an issue, so nothing was started.';
}

/** A command on a pull request that is closed or merged. */
export function closedPullRequest(merged: boolean): string {
  if (merged) return 'This pull request is merged, so nothing was started.';
  return 'This pull request is closed, so nothing was started. Reopen it and repeat the command.';
}

/**
 * The head moved between the command and its arrival.
 * @param known false where nobody knows since when this is the head
 * @param asked how the command came
 */
export function headMoved(headSha: string, known: boolean, asked = 'the command was written'): string {
  const head = code(headSha.slice(0, 7));
  return known
    ? `Nothing was started: the branch moved to ${head} after ${asked}, or in the same second. Look at the new commit and ask again.`
    : `Nothing was started: it is not certain that ${head} was the head when ${asked}. Look at it and ask again.`;
}

/** The help text: short, then examples from this instance's own configuration. */
export function help(catalogue: Catalogue, topic: string | null): string {
  const lines =
    topic === 'build' ? helpBuild(catalogue) : isOther(topic) ? helpOne(topic) : helpAll(catalogue);
  if (isOther(topic)) return lines.join('\n');
  const repositories = catalogue.repositories.map((target) => code(target.id)).join(', ');
  return [lines.join('\n'), `${targetsLine(catalogue)} Repositories: ${repositories}.`].join('\n\n');
}

/** A command that has nothing more to say than its rule. */
function isOther(topic: string | null): topic is CommandName {
  return topic !== null && topic !== 'help' && topic !== 'build';
}

function helpOne(topic: CommandName): string[] {
  const { usage, purpose } = COMMANDS[topic];
  return [`${code(`bot: ${usage}`)} ${purpose}.`];
}

function helpAll(catalogue: Catalogue): string[] {
  return [
    `**Stratobot** (${code(catalogue.instance)}) builds the software of this pull request, and publishes it when a second person has approved. Write a line that starts with \`bot:\`.`,
    '',
    '| you write | what happens |',
    '| --- | --- |',
    `| ${code(`bot: build arch=${examples(catalogue).first}`)} | builds for a target; \`bot: help build\` has more examples |`,
    '| `bot: plan` | says what a build would do: targets, software, how long; starts nothing |',
    '| `bot: status` | says what is built, what runs, what waits for approval |',
    '| `bot: retry` | repeats what failed or was cancelled |',
    '| `bot: cancel` | stops all builds; `bot: cancel arch=…` only some |',
    '| `bot: priority` | gives what waits here its turn sooner; `bot: priority arch=…` only some |',
    '| `bot: deploy` | puts the newest good builds of the current commit up for approval |',
    '| `bot: rollback` | takes back what was published from here, once a second person confirms |',
    '| `bot: drop arch=…` | takes targets out of the deploy that waits for approval |',
    '| `bot: show_config` | lists what can be built here |',
    '',
    'The label `bot:build` builds for all targets; `bot:deploy` is for `bot: deploy`.',
  ];
}

function helpBuild(catalogue: Catalogue): string[] {
  const { first, second, whole } = examples(catalogue);
  const repository = catalogue.repositories[0]?.id ?? '';
  const [variable] = catalogue.exportable;
  const row = (command: string, what: string) => `| ${code(command)} | ${what} |`;
  return [
    '**`bot: build`** builds this pull request, merged onto its base branch, for the targets you name.',
    '',
    '| you write | it builds |',
    '| --- | --- |',
    row(`bot: build arch=${first}`, 'for one target'),
    ...(second ? [row(`bot: build arch=${first},${second}`, 'for two')] : []),
    row('bot: build arch=all', 'for every target there is'),
    row(`bot: build arch=${first} repo:${repository}`, 'for one repository only'),
    row(`bot: build on:arch=${first} for:arch=${whole}`, 'on one kind of node, for a target it can build'),
    ...(variable
      ? [row(`bot: build arch=${first} export:${variable}=yes`, 'with a variable set for the scripts')]
      : []),
  ];
}

function examples(catalogue: Catalogue): { first: string; second: string | undefined; whole: string } {
  const targets = [...new Set(catalogue.pools.flatMap((pool) => pool.buildsFor))];
  const whole = targets[0] ?? 'x86_64/generic';
  const first = shortCpu(whole);
  return { first, second: targets.map(shortCpu).find((name) => name !== first), whole };
}

/** `bot: show_config`: what this instance can build, and where. */
export function showConfig(catalogue: Catalogue): string {
  const rows = catalogue.pools.map((pool) => {
    const targets = pool.buildsFor.map((cpu) => code(cpu)).join(', ');
    const accelerators = pool.accelerators.map((name) => code(name)).join(', ');
    return `| ${code(pool.name)} | ${targets} | ${accelerators} | ${pool.repositories.map((id) => code(id)).join(', ')} |`;
  });
  return [
    `What ${code(catalogue.instance)} builds for:`,
    '',
    '| pool | targets | accelerators | repositories |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** `bot: status`: one line a request, newest first, then one for each deploy. */
export function status(
  rows: readonly { headSha: string; isHead: boolean; builds: readonly Build[]; commentUrl: string | null }[],
  deploys: readonly Deploy[],
): string {
  if (rows.length === 0) return 'Nothing was built here yet. `bot: help build` has examples.';
  const lines = rows.map(({ headSha, isHead, builds, commentUrl }) => {
    const text = `Build of ${code(headSha.slice(0, 7))}${isHead ? '' : ' (an older commit)'}: ${headline(builds)}`;
    return `- ${text}${commentUrl ? ` ([details](${commentUrl}))` : ''}`;
  });
  return [...lines, ...deploys.map((deploy) => `- ${deployLine(deploy)}`)].join('\n');
}

/** `bot: ping`. */
export function pong(instance: string): string {
  return `${code(instance)} is here.`;
}

/** `bot: retry` found nothing. */
export function nothingToRetry(why: string): string {
  return `Nothing to retry: ${why}.`;
}

/** Somebody pressed "Re-run" on a check of a commit that is no longer the head. */
export function oldCheck(login: string, checked: string, head: string): string {
  return `@${login}, that check is of an older commit, ${code(checked.slice(0, 7))}, so nothing was started. The branch is now at ${code(head.slice(0, 7))}; \`bot: build\` builds it.`;
}

/** What `bot: retry` did. */
export function retried(builds: readonly Build[]): string {
  return `Building again: ${list(builds.map((build) => code(targetName(build.target))))}.`;
}

/** What `bot: cancel` did. */
export function cancelled(builds: readonly Build[]): string {
  if (builds.length === 0) return 'Nothing is running here, so nothing was cancelled.';
  return `Cancelling ${count(builds.length, 'build')}: ${list(builds.map((build) => code(targetName(build.target))))}.`;
}

/** What `bot: priority` did. */
export function prioritised(builds: readonly Build[]): string {
  if (builds.length === 0) return 'No build waits here, so none was given priority.';
  const names = list(builds.map((build) => code(targetName(build.target))));
  const turn = builds.length === 1 ? 'It gets its' : 'They get their';
  return `Priority for ${count(builds.length, 'waiting build')}: ${names}. ${turn} turn up to 4 hours sooner.`;
}

/** A command that could not be carried out for a reason that is not its author's. */
export function trouble(detail: string): string {
  return `The command was understood, but could not be carried out: ${code(detail, 300)}. An administrator can see more in the log; repeat the command when it is mended.`;
}
