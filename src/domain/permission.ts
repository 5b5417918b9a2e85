/** Who may do what. Asks GitHub nothing itself: it says which one fact it still needs. */
import type { Account } from './events.ts';

export type Action =
  | 'build'
  | 'cancel'
  | 'priority'
  | 'deploy'
  | 'despite_tests'
  | 'approve'
  | 'status'
  | 'help';

/** A person's role in a repository, as GitHub names them, least first. */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who may do one action: whoever fits one of these. All empty: nobody. */
export interface Rule {
  everyone: boolean;
  logins: readonly string[];
  /** `org/slug`. */
  teams: readonly string[];
  /** The least role in the repository that is enough, or null when a role does not help. */
  role: Role | null;
}

export interface Permissions {
  /** Logins that may do nothing, whatever the rules say. */
  denied: readonly string[];
  rules: Readonly<Record<Action, Rule>>;
}

/** What GitHub has answered so far. */
export interface Known {
  role?: Role;
  /** By team as the rule spells it. */
  teams?: ReadonlyMap<string, boolean>;
}

export type Decision =
  | { kind: 'allowed'; because: string }
  | { kind: 'refused'; code: 'bot' | 'denied' | 'not-allowed'; sentence: string }
  /** Find this out, put it into `known` and decide again; a fact is never asked for twice. */
  | { kind: 'ask'; question: { kind: 'role' } | { kind: 'team'; team: string } };

/** Decides from what is known, asking for the cheapest fact that may still settle it. */
export function decide(
  permissions: Permissions,
  action: Action,
  account: Account,
  known: Known = {},
): Decision {
  const rule = permissions.rules[action];
  const { login } = account;
  if (isBotAccount(account)) {
    return { kind: 'refused', code: 'bot', sentence: `${login} is a bot; bots give no commands here.` };
  }
  if (isDenied(permissions, login)) {
    return { kind: 'refused', code: 'denied', sentence: `${login} may not give commands here.` };
  }
  if (rule.everyone) return { kind: 'allowed', because: 'everyone may' };
  if (includesLogin(rule.logins, login)) return { kind: 'allowed', because: `${login} is named in the rule` };
  if (rule.role !== null) {
    if (known.role === undefined) return { kind: 'ask', question: { kind: 'role' } };
    if (ROLES.indexOf(known.role) >= ROLES.indexOf(rule.role)) {
      return { kind: 'allowed', because: `${login} has the role ${known.role}` };
    }
  }
  for (const team of rule.teams) {
    const isMember = known.teams?.get(team);
    if (isMember === undefined) return { kind: 'ask', question: { kind: 'team', team } };
    if (isMember) return { kind: 'allowed', because: `${login} is a member of ${team}` };
  }
  return {
    kind: 'refused',
    code: 'not-allowed',
    sentence: `${login} may not ${action} here; that is for ${whoMay(rule)}.`,
  };
}

/** `members of EESSI/builders, maria or people with the role write or higher`; plain text. */
export function whoMay(rule: Rule): string {
  if (rule.everyone) return 'everyone';
  const groups = [
    ...(rule.teams.length > 0 ? [`members of ${orList(rule.teams)}`] : []),
    ...rule.logins,
    ...(rule.role === null
      ? []
      : [`people with the role ${rule.role}${rule.role === 'admin' ? '' : ' or higher'}`]),
  ];
  return groups.length === 0 ? 'nobody' : orList(groups);
}

/** GitHub logins are the same whatever the case of their letters. */
export function sameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Apps carry `[bot]` in their login, also where the account type got lost. */
export function isBotAccount(account: Account): boolean {
  return account.isBot || account.login.toLowerCase().endsWith('[bot]');
}

/** True for a login that is never heard. */
export function isDenied({ denied }: Permissions, login: string): boolean {
  return includesLogin(denied, login);
}

function includesLogin(logins: readonly string[], login: string): boolean {
  return logins.some((one) => sameLogin(one, login));
}

function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
