/** Several instances on one repository: what of a comment one of them takes for its own. */
import type { Command, Mistake, Word } from './command.ts';
import { matchPath, matchRepository } from './match-target.ts';
import type { Catalogue } from './target.ts';

/** How an instance stands among others on a repository. */
export interface Company {
  /** Answers what is for none in particular. */
  speaker: boolean;
  /** CPU targets that others build. */
  builtElsewhere: readonly string[];
}

/** Commands that say something of an instance and not of its builds: one answer is enough. */
const FOR_THE_SPEAKER: readonly Command['name'][] = ['help', 'show_config'];

/** What a build can be asked of an instance before it has built anything on a pull request. */
const FOR_ALL: readonly Command['name'][] = ['build', 'plan', 'ping'];

/** True when `inst:` names instances; a command that was read and is still here names this one. */
function isNamed({ filters }: Command): boolean {
  return filters.inst.length > 0;
}

/** True when a comment names instances; what was read and is still here names this one. */
export function isAddressed(said: { commands: readonly Command[]; mistakes: readonly Mistake[] }): boolean {
  return said.commands.some(isNamed) || said.mistakes.some(({ instances }) => instances.length > 0);
}

/**
 * The commands with those targets alone that are this instance's own. What nobody knows stays with the speaker, who says so.
 * @param tookPart whether this instance has built something of the pull request
 */
export function ownCommands(
  commands: readonly Command[],
  catalogue: Catalogue,
  company: Company,
  tookPart: boolean,
): Command[] {
  return commands.flatMap((command) => {
    if (isNamed(command)) return [command];
    const { name } = command;
    if (!company.speaker && FOR_THE_SPEAKER.includes(name)) return [];
    if (!company.speaker && !tookPart && !FOR_ALL.includes(name)) return [];
    return name === 'build' || name === 'plan' ? ownWords(command, catalogue, company) : [command];
  });
}

function ownWords(command: Command, catalogue: Catalogue, { speaker, builtElsewhere }: Company): Command[] {
  const { filters } = command;
  const targets = [...new Set(catalogue.pools.flatMap((pool) => pool.buildsFor))];
  const isTarget = ({ text }: Word) =>
    matchPath(text, targets).kind !== 'none' || (speaker && matchPath(text, builtElsewhere).kind === 'none');
  const isRepository = ({ text }: Word) =>
    speaker || matchRepository(text, catalogue.repositories).kind !== 'none';
  const arch = filters.arch.filter(isTarget);
  const repo = filters.repo.filter(isRepository);
  const forArch = filters.for?.arch.filter(isTarget) ?? [];
  const lost =
    (arch.length === 0 && filters.arch.length > 0) ||
    (repo.length === 0 && filters.repo.length > 0) ||
    (forArch.length === 0 && (filters.for?.arch.length ?? 0) > 0);
  if (lost) return [];
  const forNode = filters.for === null ? null : { ...filters.for, arch: forArch };
  return [{ ...command, filters: { ...filters, arch, repo, for: forNode } }];
}
