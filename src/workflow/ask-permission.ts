import type { Account } from '../domain/events.ts';
import { type Action, type Decision, decide, type Known } from '../domain/permission.ts';
import type { ServedRepository, World } from './world.ts';

export type Answer = Exclude<Decision, { kind: 'ask' }>;

/** Whether somebody may do something in a software repository, asking GitHub for no more than it takes to know. */
export async function askPermission(
  world: World,
  served: ServedRepository,
  action: Action,
  repo: string,
  account: Account,
): Promise<Answer> {
  const teams = new Map<string, boolean>();
  const known: Known = { teams };
  for (;;) {
    const decision = decide(served.permissions, action, account, known);
    if (decision.kind !== 'ask') return decision;
    const { question } = decision;
    if (question.kind === 'role') known.role = await world.github.role(repo, account.login);
    else teams.set(question.team, await world.github.isTeamMember(question.team, account.login));
  }
}
