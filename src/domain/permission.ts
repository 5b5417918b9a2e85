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
  /** Logins that may not do it, whoever else lets them. */
  denied: readonly string[];
  /** Ids of the repository targets it is about; null: all. */
  repositories: readonly string[] | null;
}

export interface Permissions {
  /** Logins that may do nothing, whatever the rules say. */
  denied: readonly string[];
  /** One that fits is enough. */
  rules: Readonly<Record<Action, readonly Rule[]>>;
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

/**
 * Decides from what is known, asking for the cheapest fact that may still settle it.
 * @param targets repository targets it is about, all of which must be allowed; null: whether there is any
 */
export function decide(
  { denied, rules }: Permissions,
  action: Action,
  account: Account,
  known: Known = {},
  targets: readonly string[] | null = null,
): Decision {
  const { login } = account;
  if (isBotAccount(account)) {
    return { kind: 'refused', code: 'bot', sentence: `${login} is a bot; bots give no commands here.` };
  }
  if (includesLogin(denied, login)) {
    return { kind: 'refused', code: 'denied', sentence: `${login} may not give commands here.` };
  }
  let because = 'nothing is asked for';
  for (const target of targets ?? [null]) {
    const covering = rulesFor(rules[action], target === null ? null : [target]);
    const fit = fits(covering, target, login, known);
    if (fit.kind === 'ask') return fit;
    if (fit.kind === 'allowed') {
      because = fit.because;
      continue;
    }
    const where = target === null ? 'here' : `for ${target}`;
    const sentence = `${login} may not ${action} ${where}; that is for ${whoMay(covering)}.`;
    return { kind: 'refused', code: 'not-allowed', sentence };
  }
  return { kind: 'allowed', because };
}

/** The rules about all of some repository targets; null: every rule. */
export function rulesFor(rules: readonly Rule[], targets: readonly string[] | null): readonly Rule[] {
  return rules.filter(
    ({ repositories }) =>
      targets === null || repositories === null || targets.every((target) => repositories.includes(target)),
  );
}

function fits(
  rules: readonly Rule[],
  target: string | null,
  login: string,
  known: Known,
): Exclude<Decision, { kind: 'refused' }> | { kind: 'no' } {
  const denying = rules.filter(({ denied }) => includesLogin(denied, login));
  // A rule for some repositories denies there only; while none is named, it just does not let in.
  if (denying.some(({ repositories }) => target !== null || repositories === null)) return { kind: 'no' };
  const open = rules.filter((rule) => !denying.includes(rule));
  if (open.some(({ everyone }) => everyone)) return { kind: 'allowed', because: 'everyone may' };
  if (open.some(({ logins }) => includesLogin(logins, login)))
    return { kind: 'allowed', because: `${login} is named in the rule` };
  for (const { role } of open) {
    if (role === null) continue;
    if (known.role === undefined) return { kind: 'ask', question: { kind: 'role' } };
    if (ROLES.indexOf(known.role) >= ROLES.indexOf(role))
      return { kind: 'allowed', because: `${login} has the role ${known.role}` };
  }
  for (const team of open.flatMap(({ teams }) => teams)) {
    const isMember = known.teams?.get(team);
    if (isMember === undefined) return { kind: 'ask', question: { kind: 'team', team } };
    if (isMember) return { kind: 'allowed', because: `${login} is a member of ${team}` };
  }
  return { kind: 'no' };
}

/** `members of EESSI/builders, maria or people with the role write or higher`; plain text. */
export function whoMay(rules: readonly Rule[]): string {
  if (rules.some(({ everyone }) => everyone)) return 'everyone';
  const teams = [...new Set(rules.flatMap((rule) => rule.teams))];
  const roles = rules.flatMap(({ role }) => role ?? []).map((role) => ROLES.indexOf(role));
  const role = ROLES[Math.min(...roles)];
  const groups = [
    ...(teams.length > 0 ? [`members of ${orList(teams)}`] : []),
    ...new Set(rules.flatMap((rule) => rule.logins)),
    ...(role === undefined ? [] : [`people with the role ${role}${role === 'admin' ? '' : ' or higher'}`]),
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
