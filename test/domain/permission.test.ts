import { describe, expect, it } from 'vitest';
import {
  type Action,
  type Decision,
  decide,
  type Known,
  type Permissions,
  ROLES,
  type Role,
  type Rule,
  whoMay,
} from '../../src/domain/permission.ts';

const NOBODY: Rule = { everyone: false, logins: [], teams: [], role: null, denied: [], repositories: null };

function permissions(rule: Partial<Rule>, denied: string[] = []): Permissions {
  const closed = {
    build: [NOBODY],
    cancel: [NOBODY],
    priority: [NOBODY],
    despite_tests: [NOBODY],
    deploy: [NOBODY],
    approve: [NOBODY],
    status: [NOBODY],
    help: [NOBODY],
  };
  return { denied, rules: { ...closed, build: [{ ...NOBODY, ...rule }] } };
}

/** Answers every question from a world, and says which were asked. */
function settle(
  given: Permissions,
  login: string,
  world: { role?: Role; teams?: string[] },
  action: Action = 'build',
): { decision: Decision; asked: string[] } {
  const asked: string[] = [];
  const teams = new Map<string, boolean>();
  let known: Known = { teams };
  for (;;) {
    const decision = decide(given, action, { login, isBot: false }, known);
    if (decision.kind !== 'ask') return { decision, asked };
    const { question } = decision;
    const name = question.kind === 'role' ? 'role' : question.team;
    if (asked.includes(name)) throw new Error(`asked twice: ${name}`);
    asked.push(name);
    if (question.kind === 'role') known = { ...known, role: world.role ?? 'none' };
    else teams.set(question.team, world.teams?.includes(question.team) ?? false);
  }
}

describe('who may', () => {
  it('a login of the rule, without asking GitHub', () => {
    const { decision, asked } = settle(
      permissions({ logins: ['Maria'], role: 'write', teams: ['o/t'] }),
      'mARIA',
      {},
    );
    expect(decision).toEqual({ kind: 'allowed', because: 'mARIA is named in the rule' });
    expect(asked).toEqual([]);
  });

  it.each(ROLES.flatMap((least) => ROLES.map((role) => [role, least] as const)))(
    'role %s where %s is enough',
    (role, least) => {
      const { decision, asked } = settle(permissions({ role: least }), 'ana', { role });
      expect(decision.kind).toBe(ROLES.indexOf(role) >= ROLES.indexOf(least) ? 'allowed' : 'refused');
      expect(asked).toEqual(['role']);
    },
  );

  it('a member of a team, asking no more than it takes', () => {
    const rule = permissions({ role: 'admin', teams: ['o/a', 'o/b', 'o/c'] });
    const { decision, asked } = settle(rule, 'ana', { role: 'write', teams: ['o/b', 'o/c'] });
    expect(decision).toEqual({ kind: 'allowed', because: 'ana is a member of o/b' });
    expect(asked).toEqual(['role', 'o/a', 'o/b']);
  });

  it('not somebody else', () => {
    const rule = permissions({ role: 'write', teams: ['EESSI/builders'], logins: ['maria'] });
    expect(settle(rule, 'jo', { role: 'read' }).decision).toEqual({
      kind: 'refused',
      code: 'not-allowed',
      sentence:
        'jo may not build here; that is for members of EESSI/builders, maria or people with the role write or higher.',
    });
  });

  it('everyone, where the rule says so', () => {
    expect(settle(permissions({ everyone: true }), 'jo', {}).decision.kind).toBe('allowed');
  });

  it('nobody, where the rule is empty', () => {
    expect(settle(permissions({}), 'jo', { role: 'admin' })).toMatchObject({
      decision: { kind: 'refused', code: 'not-allowed' },
      asked: [],
    });
  });

  it('by the rule of the action alone', () => {
    expect(settle(permissions({ everyone: true }), 'jo', {}, 'deploy').decision.kind).toBe('refused');
  });

  it('not who is denied, whatever else holds', () => {
    const rule = permissions({ everyone: true, logins: ['jo'] }, ['Jo']);
    expect(settle(rule, 'jO', { role: 'admin' }).decision).toMatchObject({ kind: 'refused', code: 'denied' });
  });

  it.each([
    { login: 'helper', isBot: true },
    { login: 'helper[bot]', isBot: false },
    { login: 'Helper[BOT]', isBot: false },
  ])('not a bot: %j', (account) => {
    const rule = permissions({ everyone: true, logins: [account.login] });
    expect(decide(rule, 'build', account)).toMatchObject({ kind: 'refused', code: 'bot' });
  });
});

describe('in words', () => {
  it.each<[Partial<Rule>, string]>([
    [{ everyone: true, logins: ['a'] }, 'everyone'],
    [{}, 'nobody'],
    [{ logins: ['ana'] }, 'ana'],
    [{ teams: ['o/a', 'o/b'] }, 'members of o/a or o/b'],
    [{ logins: ['ana', 'jo'], role: 'admin' }, 'ana, jo or people with the role admin'],
  ])('%j', (rule, words) => {
    expect(whoMay([{ ...NOBODY, ...rule }])).toBe(words);
  });
});

describe('for some repositories only', () => {
  const general = { ...NOBODY, teams: ['o/builders'] };
  const forTest = { ...NOBODY, logins: ['jo'], denied: ['max'], repositories: ['test'] };
  const given: Permissions = {
    denied: [],
    rules: { ...permissions({}).rules, build: [general, forTest] },
  };
  const may = (login: string, targets: string[] | null) => {
    const teams = new Map([['o/builders', login !== 'jo']]);
    return decide(given, 'build', { login, isBot: false }, { teams }, targets).kind;
  };

  it.each([
    ['jo', null, 'allowed'],
    ['jo', ['test'], 'allowed'],
    ['jo', ['main'], 'refused'],
    ['jo', ['test', 'main'], 'refused'],
    ['maria', ['test', 'main'], 'allowed'],
    ['max', null, 'allowed'],
    ['max', ['main'], 'allowed'],
    ['max', ['test'], 'refused'],
  ])('%s for %j is %s', (login, targets, kind) => {
    expect(may(login, targets)).toBe(kind);
  });

  it('says who may there', () => {
    const decision = decide(
      given,
      'build',
      { login: 'jo', isBot: false },
      { teams: new Map([['o/builders', false]]) },
      ['main'],
    );
    expect(decision).toMatchObject({
      sentence: 'jo may not build for main; that is for members of o/builders.',
    });
  });
});
