/** What a person may type after `bot:`: a new command or filter starts as a row here. */

/** Kinds of filters, by their canonical key. */
export type FilterKey = 'arch' | 'accel' | 'on' | 'for' | 'repo' | 'inst' | 'export' | 'job' | 'confirm';

/** Every key in full; all but `on` and `for` may be cut to three letters or more. */
export const FILTER_NAMES: Readonly<Record<FilterKey, string>> = {
  arch: 'architecture',
  accel: 'accelerator',
  on: 'on',
  for: 'for',
  repo: 'repository',
  inst: 'instance',
  export: 'exportvariable',
  job: 'job',
  confirm: 'confirm',
};

/** How a filter is written, for a hint. */
export function writtenAs(key: FilterKey): string {
  if (key === 'on' || key === 'for') return `write ${key}:arch=…`;
  return key === 'export' ? 'write export:NAME=value' : `write ${key}=… with a value`;
}

export type CommandName =
  | 'help'
  | 'build'
  | 'plan'
  | 'retry'
  | 'status'
  | 'log'
  | 'cancel'
  | 'priority'
  | 'deploy'
  | 'drop'
  | 'rollback'
  | 'show_config'
  | 'ping';

export interface CommandRule {
  /** How it is written, for help and hints. */
  usage: string;
  /** What it does, in half a sentence. */
  purpose: string;
  filters: readonly FilterKey[];
  /** Words it takes instead of a filter; at most one is given. */
  topics: readonly string[];
  /** Words that begin with `--` that it takes, in any number. */
  flags: readonly string[];
  /** Whether it takes `after #123`. */
  waits?: true;
  /** What to do instead of giving it these filters. */
  instead?: { filters: readonly FilterKey[]; hint: string };
}

const BUILD_FILTERS: readonly FilterKey[] = ['arch', 'accel', 'on', 'for', 'repo', 'inst', 'export'];

/** Every command, with what it takes. */
export const COMMANDS: Readonly<Record<CommandName, CommandRule>> = {
  help: {
    usage: 'help [COMMAND]',
    purpose: 'says what can be asked',
    filters: ['inst'],
    topics: [
      'help',
      'build',
      'plan',
      'retry',
      'status',
      'log',
      'cancel',
      'priority',
      'deploy',
      'drop',
      'rollback',
      'show_config',
      'ping',
    ],
    flags: [],
  },
  build: {
    usage: 'build arch=TARGET [accel=ACCELERATOR] [repo:REPOSITORY] [export:NAME=value]',
    purpose: 'builds the software of this pull request',
    filters: BUILD_FILTERS,
    topics: [],
    waits: true,
    flags: ['--force', '--keep-going'],
  },
  plan: {
    usage: 'plan [arch=TARGET] [accel=ACCELERATOR] [repo:REPOSITORY]',
    purpose: 'says what `build` would do with the same words, and starts nothing',
    filters: BUILD_FILTERS,
    topics: [],
    flags: ['--force', '--keep-going'],
  },
  retry: {
    usage: 'retry [arch=TARGET] [repo:REPOSITORY] [job:NUMBER]',
    purpose: 'builds again what failed or was cancelled in the newest request',
    filters: ['arch', 'accel', 'repo', 'inst', 'job'],
    topics: [],
    flags: [],
  },
  status: {
    usage: 'status [all|last_build]',
    purpose: 'says how the builds stand',
    filters: ['inst'],
    topics: ['all', 'last_build'],
    flags: [],
  },
  log: {
    usage: 'log [arch=TARGET] [repo:REPOSITORY] [job:NUMBER]',
    purpose: 'shows the last 50 lines of the newest logs, all of this pull request without a filter',
    filters: ['arch', 'accel', 'repo', 'inst', 'job'],
    topics: [],
    flags: [],
  },
  cancel: {
    usage: 'cancel [arch=TARGET] [repo:REPOSITORY] [job:NUMBER]',
    purpose: 'stops builds, all of them without a filter',
    filters: ['arch', 'accel', 'repo', 'inst', 'job'],
    topics: [],
    flags: [],
  },
  priority: {
    usage: 'priority [arch=TARGET] [repo:REPOSITORY] [job:NUMBER]',
    purpose: 'gives waiting builds their turn sooner, all of this pull request without a filter',
    filters: ['arch', 'accel', 'repo', 'inst', 'job'],
    topics: [],
    flags: [],
  },
  deploy: {
    usage: 'deploy [rebuild] [--despite-tests="WHY"]',
    purpose:
      'puts what was built up for approval; with `rebuild` also where it replaces published files, which the reviewers see',
    filters: ['inst'],
    topics: ['rebuild'],
    waits: true,
    instead: {
      filters: ['arch', 'accel', 'repo', 'job'],
      hint: 'deploy takes all that is built; bot: drop leaves targets out',
    },
    flags: ['--despite-tests'],
  },
  rollback: {
    usage: 'rollback',
    purpose: 'takes back what was published from here, once a second person confirms',
    filters: ['confirm', 'inst'],
    topics: [],
    flags: [],
  },
  drop: {
    usage: 'drop arch=TARGET [repo:REPOSITORY] [job:NUMBER]',
    purpose: 'takes targets out of the deploy that waits for approval',
    filters: ['arch', 'accel', 'repo', 'inst', 'job'],
    topics: [],
    flags: [],
  },
  show_config: {
    usage: 'show_config',
    purpose: 'lists the targets and repositories this bot builds for',
    filters: ['inst'],
    topics: [],
    flags: [],
  },
  ping: { usage: 'ping', purpose: 'says that the bot is there', filters: ['inst'], topics: [], flags: [] },
};

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** Other words people say for a command; only ever suggested. */
const OTHER_WORDS: readonly [command: CommandName, words: string][] = [
  ['help', 'hilfe aide ayuda aiuto commands usage man ?'],
  ['build', 'compile make install test run bauen baue construire compiler'],
  ['retry', 'again rerun repeat restart nochmal réessayer'],
  ['log', 'logs output tail'],
  ['cancel', 'stop abort kill halt end abbrechen stopp annuler arrêter'],
  ['priority', 'hurry urgent'],
  ['deploy', 'publish ingest upload release ship merge land'],
  ['drop', 'remove exclude'],
  ['rollback', 'undo revert'],
  ['show_config', 'config targets list'],
  ['ping', 'hello hi'],
];

/** The command somebody means who says `stop`, or null. */
export function otherWordFor(typed: string): CommandName | null {
  const word = typed.toLowerCase();
  return OTHER_WORDS.find(([, words]) => words.split(' ').includes(word))?.[0] ?? null;
}
