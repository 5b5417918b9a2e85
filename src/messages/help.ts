import { COMMANDS, type CommandName } from '../domain/command-table.ts';
import { type Catalogue, shortCpu } from '../domain/target.ts';
import { cell, code } from './markdown.ts';
import { targetsLine } from './mistakes.ts';

/** The help text: short, then examples from this instance's own configuration. */
export function help(catalogue: Catalogue, topic: string | null): string {
  const text = isCommand(topic) && topic !== 'help' ? helpOne(catalogue, topic) : helpAll(catalogue);
  const repositories = catalogue.repositories.map((target) => code(target.id)).join(', ');
  return `${text}\n\n${targetsLine(catalogue)} Repositories: ${repositories}.`;
}

function isCommand(topic: string | null): topic is CommandName {
  return topic !== null && Object.hasOwn(COMMANDS, topic);
}

function helpAll(catalogue: Catalogue): string {
  return [
    `**Stratobot** (${code(catalogue.instance)}) builds the software of this pull request, and publishes it when a second person has approved. Write a line that starts with \`bot:\`.`,
    table('what happens', [
      [
        `bot: build arch=${namesOf(catalogue).first}`,
        'builds for a target; `bot: help build` has more examples',
      ],
      ['bot: plan', 'says what a build would do: targets, software, how long; starts nothing'],
      ['bot: status', 'says what is built, what runs, what waits for approval'],
      ['bot: log', 'shows the ends of the newest logs'],
      ['bot: retry', 'repeats what failed or was cancelled'],
      ['bot: cancel', 'stops all builds; `bot: cancel arch=…` only some'],
      ['bot: priority', 'gives what waits here its turn sooner; `bot: priority arch=…` only some'],
      ['bot: deploy', 'puts the newest good builds of the current commit up for approval'],
      ['bot: drop arch=…', 'takes targets out of the deploy that waits for approval'],
      ['bot: rollback', 'takes back what was published from here, once a second person confirms'],
      ['bot: show_config', 'lists what can be built here, and what is free'],
    ]),
    '`bot: help COMMAND` says more of each. The label `bot:build` builds for all targets; `bot:deploy` is for `bot: deploy`.',
  ].join('\n\n');
}

type Example = readonly [command: string, what: string];

function helpOne(catalogue: Catalogue, name: CommandName): string {
  const { usage, purpose, flags } = COMMANDS[name];
  const own = EXAMPLES[name](namesOf(catalogue));
  const parts = [`**${code(`bot: ${name}`)}** ${purpose}.`, `Written: ${code(`bot: ${usage}`)}`];
  if (own.length > 0) parts.push(table('what happens', own));
  const told = flags.map((flag) => `- ${code(flag)} ${FLAGS[flag] ?? ''}`);
  if (told.length > 0) parts.push(told.join('\n'));
  return parts.join('\n\n');
}

const FLAGS: Readonly<Record<string, string>> = {
  '--force': 'builds what is built already, and for a stack that the pull request does not change',
  '--keep-going': 'carries out what is right in the comment, though other lines or targets are wrong',
  '--despite-tests': 'says in quotes why failed tests do not matter; whoever approves sees it',
};

/** Names of this instance, for examples that work here. */
interface Names {
  first: string;
  second: string | undefined;
  whole: string;
  repository: string;
  variable: string | undefined;
  accelerator: string | undefined;
}

function namesOf({ pools, exportable }: Catalogue): Names {
  const plain = pools.filter((pool) => pool.accelerators.length === 0);
  const targets = [...new Set((plain.length > 0 ? plain : pools).flatMap((pool) => pool.buildsFor))];
  const whole = targets[0] ?? 'x86_64/generic';
  const first = shortCpu(whole);
  return {
    first,
    second: targets.map(shortCpu).find((name) => name !== first),
    whole,
    repository: pools.find((pool) => pool.buildsFor.includes(whole))?.repositories[0] ?? '',
    variable: exportable[0],
    accelerator: pools.flatMap((pool) => pool.accelerators)[0],
  };
}

const EXAMPLES: Readonly<Record<CommandName, (names: Names) => Example[]>> = {
  help: () => [],
  build: ({ first, second, whole, repository, variable, accelerator }) => [
    [`bot: build arch=${first}`, 'builds for one target'],
    ...(second ? [[`bot: build arch=${first},${second}`, 'for two'] as const] : []),
    ['bot: build arch=all', 'for every target there is'],
    ...(accelerator
      ? [[`bot: build arch=all accel=${accelerator}`, 'for every target with this accelerator'] as const]
      : []),
    [`bot: build arch=${first} repo:${repository}`, 'for one repository only'],
    [`bot: build on:arch=${first} for:arch=${whole}`, 'on one kind of node, for a target it can build'],
    ...(variable
      ? [[`bot: build arch=${first} export:${variable}=yes`, 'with a variable set for the scripts'] as const]
      : []),
    [`bot: build arch=${first} --force`, 'again, though it is built already'],
  ],
  plan: ({ first }) => [
    ['bot: plan', 'what a build for every target would do'],
    [`bot: plan arch=${first}`, 'what `bot: build` with these words would do'],
  ],
  retry: ({ first }) => [
    ['bot: retry', 'all that failed or was cancelled'],
    [`bot: retry arch=${first}`, 'one target'],
    ['bot: retry job:17', 'build 17'],
  ],
  status: () => [
    ['bot: status', 'the newest requests'],
    ['bot: status all', 'every request of this pull request'],
  ],
  log: ({ first }) => [
    ['bot: log', 'the last 50 lines of the newest builds, those that failed first'],
    [`bot: log arch=${first}`, 'of one target'],
    ['bot: log job:17', 'of build 17, also an older one'],
  ],
  cancel: ({ first }) => [
    ['bot: cancel', 'stops every build of this pull request'],
    [`bot: cancel arch=${first}`, 'those of one target'],
    ['bot: cancel job:17', 'build 17'],
  ],
  priority: ({ first }) => [
    ['bot: priority', 'for all that waits here'],
    [`bot: priority arch=${first}`, 'for one target'],
  ],
  deploy: () => [
    ['bot: deploy', 'opens a deploy PR with the newest good builds of this commit'],
    ['bot: deploy rebuild', 'the same, and files that are published may be replaced'],
    ['bot: deploy --despite-tests="needs a GPU"', 'the same, though tests failed'],
  ],
  drop: ({ first }) => [
    [`bot: drop arch=${first}`, 'a new deploy PR without this target takes the place of the old one'],
  ],
  rollback: () => [
    ['bot: rollback', 'names the revision that would be taken back, and what a second person writes'],
  ],
  show_config: () => [],
  ping: () => [],
};

function table(what: string, rows: readonly Example[]): string {
  const lines = rows.map(([command, does]) => `| ${cell(command)} | ${does} |`);
  return [`| you write | ${what} |`, '| --- | --- |', ...lines].join('\n');
}
