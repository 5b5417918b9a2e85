/** What a comment would come to on an instance, for whoever asks before writing it. */
import { type Command, isLimit, type Mistake } from './command.ts';
import { rightFor } from './command-rights.ts';
import type { CommandName } from './command-table.ts';
import type { IgnoredReason } from './ignored-reason.ts';
import { meantFor, parseComment } from './parse-command.ts';
import { decide, type Permissions, rulesFor, whoMay } from './permission.ts';
import { forAllTargets, planBuild } from './plan.ts';
import { type Catalogue, targetName } from './target.ts';

export interface Explanation {
  commands: {
    command: Command;
    /** Of `build` and `plan`; a build stands with the first command that asks for it. */
    builds: ExplainedBuild[];
  }[];
  errors: { message: string; line: number; column: number; hint: string | null }[];
  /** Whether something is done in spite of the errors, as `--keep-going` wants it. */
  keepsGoing: boolean;
  /** Lines that are not read, and why; `hint`: the command that was probably meant. */
  ignored: { line: number; reason: IgnoredReason | 'other-instance' | 'almost'; hint?: string }[];
}

/** `pool`: the first that may build it. */
interface ExplainedBuild {
  target: string;
  accelerator: string | null;
  repository: string;
  pool: string;
}

/** What somebody may do, as far as the configuration tells. */
export interface ExplainedRight {
  /** Software repository, `owner/name`. */
  repository: string;
  command: CommandName;
  /** `github`: it depends on a role or a team, which only GitHub knows. */
  may: 'yes' | 'no' | 'github';
  /** `everyone may`, `members of stack/builders` */
  because: string;
}

/** Reads a comment as the bot does, without asking GitHub anything. */
export function explainComment(body: string, catalogue: Catalogue): Explanation {
  const parsed = parseComment(body, catalogue.limits);
  const meant = meantFor(parsed, catalogue);
  const ours = new Set([...meant.commands, ...meant.mistakes].map(({ line }) => line));
  const others = [...parsed.commands, ...parsed.mistakes].filter(({ line }) => !ours.has(line));
  const planned = (['build', 'plan'] as const).map((name) =>
    planTogether(
      meant.commands.filter((command) => command.name === name),
      catalogue,
      meant.keepGoing,
    ),
  );
  const mistakes = [...meant.mistakes, ...planned.flatMap((plan) => plan.mistakes)];
  const keepsGoing =
    meant.keepGoing && !mistakes.some(isLimit) && planned.some(({ builds }) => builds.size > 0);
  const builds = new Map(
    mistakes.length === 0 || keepsGoing ? planned.flatMap((plan) => [...plan.builds]) : [],
  );
  const almost = new Map(meant.almost.map(({ line, command }) => [line, command]));
  return {
    commands: meant.commands.map((command) => ({ command, builds: builds.get(command) ?? [] })),
    errors: mistakes.sort((a, b) => a.line - b.line || a.column - b.column).map(toError),
    keepsGoing,
    ignored: [
      ...meant.ignored,
      ...others.map(({ line }) => ({ line, reason: 'other-instance' as const })),
      ...[...almost].map(([line, hint]) => ({ line, reason: 'almost' as const, hint })),
    ].sort((a, b) => a.line - b.line),
  };
}

/** All lines are one request: what an earlier line asks for is not built again for a later one. */
function planTogether(
  commands: readonly Command[],
  catalogue: Catalogue,
  keepGoing: boolean,
): { builds: Map<Command, ExplainedBuild[]>; mistakes: Mistake[] } {
  const asked = commands.map((command) => (command.name === 'plan' ? forAllTargets(command) : command));
  const plan = planBuild(asked, catalogue, [], keepGoing);
  const builds = new Map<Command, ExplainedBuild[]>();
  if (plan.kind !== 'builds') return { builds, mistakes: plan.kind === 'mistakes' ? [...plan.mistakes] : [] };
  const left = new Map(
    plan.builds.map(({ target, repository, pools }) => [
      `${targetName(target)} ${repository}`,
      {
        target: targetName({ ...target, accelerator: null }),
        accelerator: target.accelerator,
        repository,
        pool: pools[0] ?? '',
      },
    ]),
  );
  for (const [index, command] of commands.entries()) {
    const own = planBuild(asked.slice(index, index + 1), catalogue, [], keepGoing);
    for (const { target, repository } of own.kind === 'builds' ? own.builds : []) {
      const key = `${targetName(target)} ${repository}`;
      const build = left.get(key);
      if (build !== undefined) builds.set(command, [...(builds.get(command) ?? []), build]);
      left.delete(key);
    }
  }
  return { builds, mistakes: plan.left };
}

/**
 * What of a comment somebody may do in each software repository; one that is not heard may do nothing.
 * @param permissions by software repository
 */
export function explainRights(
  { commands }: Explanation,
  login: string,
  permissions: ReadonlyMap<string, Permissions>,
): ExplainedRight[] {
  return [...permissions].flatMap(([repository, one]) =>
    commands.map(({ command, builds }) => {
      const right = rightFor(command);
      const targets = builds.length === 0 ? null : [...new Set(builds.map((build) => build.repository))];
      const decision = decide(one, right ?? 'help', { login, isBot: false }, {}, targets);
      const about = { repository, command: command.name };
      if (decision.kind === 'allowed') return { ...about, may: 'yes', because: decision.because };
      if (decision.kind === 'refused') return { ...about, may: 'no', because: decision.sentence };
      return { ...about, may: 'github', because: whoMay(rulesFor(one.rules[right ?? 'help'], targets)) };
    }),
  );
}

/** Names listed in a hint. */
const MOST_NAMES = 20;

function toError({ message, line, column, hint, choices }: Mistake) {
  const names = choices.length > MOST_NAMES ? [...choices.slice(0, MOST_NAMES), '…'] : choices;
  return { message, line, column, hint: hint ?? (names.length > 0 ? `there is ${names.join(', ')}` : null) };
}
