import type { Deploy } from '../domain/deploy.ts';
import type { Account } from '../domain/events.ts';
import { type Action, type Decision, decide, type Known, rulesFor, whoMay } from '../domain/permission.ts';
import { notForTarget } from '../messages/rights.ts';
import type { ServedRepository, World } from './world.ts';

export type Answer = Exclude<Decision, { kind: 'ask' }>;

/** What ends in publishing: a right that was taken away must be gone at once. */
const ALWAYS_ASKED: readonly Action[] = ['deploy', 'despite_tests', 'approve'];

/**
 * Whether somebody may do something in a software repository, asking GitHub for no more than it takes to know. A yes is
 * remembered for minutes, but not for what ends in publishing.
 * @param targets ids of the repository targets it is about; null: whether there is any for which they may
 */
export async function askPermission(
  world: World,
  served: ServedRepository,
  action: Action,
  repo: string,
  account: Account,
  targets: readonly string[] | null = null,
): Promise<Answer> {
  // Where no rule is about some targets only, one answer holds for all of them.
  const about = served.permissions.rules[action].some(({ repositories }) => repositories) ? targets : null;
  const question = JSON.stringify([repo, action, account.login.toLowerCase(), about]);
  const remembered = !ALWAYS_ASKED.includes(action);
  if (remembered && world.rights.knows(question, world.clock.now()))
    return { kind: 'allowed', because: `${account.login} might a moment ago` };
  const teams = new Map<string, boolean>();
  const known: Known = { teams };
  for (;;) {
    const decision = decide(served.permissions, action, account, known, about);
    if (decision.kind === 'ask') {
      const { question: fact } = decision;
      if (fact.kind === 'role') known.role = await world.github.role(repo, account.login);
      else teams.set(fact.team, await world.github.isTeamMember(fact.team, account.login));
      continue;
    }
    if (remembered && decision.kind === 'allowed') world.rights.remember(question, world.clock.now());
    return decision;
  }
}

/**
 * Whether somebody who may do something may do it for these repository targets as well.
 * @returns null when they may, or a sentence that names the first for which they may not
 */
export async function refuseTargets(
  world: World,
  served: ServedRepository,
  action: Action,
  { repo, by }: { repo: string; by: string },
  targets: readonly string[],
): Promise<string | null> {
  for (const target of new Set(targets)) {
    const answer = await askPermission(world, served, action, repo, { login: by, isBot: false }, [target]);
    if (answer.kind === 'allowed') continue;
    return notForTarget(by, action, target, whoMay(rulesFor(served.permissions.rules[action], [target])));
  }
  return null;
}

/** Ids of the repository targets a deploy's artifacts were built for. */
export async function targetsOfDeploy(world: World, deploy: Deploy): Promise<string[]> {
  const artifacts = await world.records.artifacts.get(deploy.artifacts.map(({ artifactId }) => artifactId));
  const builds = await Promise.all(artifacts.map(({ buildId }) => world.records.builds.get(buildId)));
  return [...new Set(builds.flatMap((build) => build?.repository ?? []))];
}
