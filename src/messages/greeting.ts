import type { Understood } from '../domain/pull-changes.ts';
import { isUnchanged } from '../domain/software-changes.ts';
import { type Catalogue, shortCpu } from '../domain/target.ts';
import { code, count, prose } from './markdown.ts';
import { targetsLine } from './mistakes.ts';
import { softwareHeadline, softwareList } from './software.ts';

interface GreetingView {
  catalogue: Catalogue;
  /** Null: the commit could not be read. */
  understood: Understood | null;
  draft: boolean;
  /** Who may build, from whoMay(). */
  builders: string;
}

/** Names that are listed; more are only counted. */
const MOST_NAMES = 20;

/** A pull request was opened: what the bot sees in it, and what can be said. */
export function greeting({ catalogue, understood, draft, builders }: GreetingView): string {
  const example = shortCpu(catalogue.pools[0]?.buildsFor[0] ?? 'TARGET');
  return [
    `${code(catalogue.instance)} builds the software of this pull request when it is asked to. ${seen(understood)}`,
    `${targetsLine(catalogue)} ${code(`bot: build arch=${example}`)} builds for one of them; builds are started by ${prose(builders)}. \`bot: plan\` says what would be built, \`bot: help\` what else can be asked.`,
    ...(draft
      ? ['It is a draft: it can be built now, and put up for approval once it is ready for review.']
      : []),
  ].join('\n\n');
}

function seen(understood: Understood | null): string {
  if (understood === null) return 'What it changes cannot be read yet.';
  const { easystacks, problems, software } = understood;
  if (easystacks === 0) return 'It changes no easystack.';
  if (problems.length > 0)
    return `It changes ${count(easystacks, 'easystack')}, with ${count(problems.length, 'problem')} that \`bot: plan\` shows.`;
  const lead = `It changes ${count(easystacks, 'easystack')}; software: ${softwareHeadline(software)}`;
  if (isUnchanged(software)) return `${lead}.`;
  const { added, changed, removed, rebuilt } = software;
  const names = added.length + changed.length + removed.length + rebuilt.length;
  return names > MOST_NAMES ? `${lead}.` : `${lead}.\n\n${softwareList(software)}`;
}
