import { expect, test } from 'vitest';
import { COMMAND_NAMES, COMMANDS } from '../../src/domain/command-table.ts';
import { parseComment } from '../../src/domain/parse-command.ts';
import { planBuild } from '../../src/domain/plan.ts';
import { help } from '../../src/messages/help.ts';
import { notUnderstood } from '../../src/messages/mistakes.ts';
import { showConfig } from '../../src/messages/show-config.ts';
import { SITE } from '../domain/catalogue.ts';

test.each(COMMAND_NAMES)('help %s', (name) => {
  const [body] = help(SITE, name).split('\n\nTargets:');
  expect(body).toMatchSnapshot();
});

test.each([null, ...COMMAND_NAMES])('what help %s shows can be typed', (name) => {
  const lines = help(SITE, name).match(/(?<=^\| `+)bot: [^`]+(?=`)/gm) ?? [];
  for (const line of lines.filter((one) => !one.includes('…'))) {
    const { commands, mistakes } = parseComment(line);
    expect(mistakes, line).toEqual([]);
    const builds = commands.filter((command) => command.name === 'build');
    // The site of these tests has two repositories: which one is for the pull request to say.
    if (builds.length > 0)
      expect(planBuild(builds, SITE, [SITE.repositories[0]?.id ?? '']), line).toMatchObject({
        kind: 'builds',
      });
  }
});

test('help tells of every flag', () => {
  for (const name of COMMAND_NAMES)
    for (const flag of COMMANDS[name].flags)
      expect(help(SITE, name)).toMatch(new RegExp(`- \`${flag}\` \\w+`));
});

test('show_config says what is free, and what cannot be reached', () => {
  const pools = SITE.pools.slice(0, 3);
  const node = (pool: number, name: string, jobs: number, unreachableUntil: number | null = null) => ({
    name: `${pools[pool]?.name}/${name}`,
    pool: pools[pool]?.name ?? '',
    slots: 4,
    jobs,
    unreachableUntil,
    refusal: null,
    nearlyFull: false,
    health: { kind: 'healthy' as const },
  });
  const gone = Date.UTC(2026, 2, 1, 14, 2);
  const full = { ...node(1, 'a', 4), nearlyFull: true };
  const other = { ...node(0, 'c', 0), refusal: 'build3.example.org shows another host key' };
  const aside = { ...node(2, 'b', 0), health: { kind: 'aside' as const, until: gone } };
  const trial = { ...node(2, 'c', 1), health: { kind: 'on-trial' as const } };
  const nodes = [node(0, 'a', 3), node(0, 'b', 0, gone), other, full, node(2, 'a', 1, gone), aside, trial];
  expect(showConfig({ ...SITE, pools }, nodes)).toMatchInlineSnapshot(`
    "What \`site-a\` builds for:

    | pool | targets | accelerators | repositories | free |
    | --- | --- | --- | --- | --- |
    | \`generic\` | \`x86_64/generic\` |  | \`eessi.io-2025.06-software\` | 1 of 4 slots, ⚠️ 2 nodes unreachable |
    | \`zen2\` | \`x86_64/amd/zen2\` |  | \`eessi.io-2025.06-software\` | none, ⚠️ 1 node nearly full |
    | \`zen2-spare\` | \`x86_64/amd/zen2\` |  | \`eessi.io-2025.06-software\` | 3 of 4 slots, ⚠️ 1 node unreachable, ⚠️ 1 node set aside |

    Repositories:

    - \`eessi.io-2023.06-software\`: \`software.eessi.io 2023.06\`
    - \`eessi.io-2025.06-software\`: \`software.eessi.io 2025.06\`

    <details><summary>7 nodes</summary>

    - \`generic/a\`: 3 of 4 slots in use
    - \`generic/b\`: cannot be reached, asked again at 14:02 UTC; 0 of 4 slots in use
    - \`generic/c\`: refused, because its host key or the bot's is not the one expected; 0 of 4 slots in use
    - \`zen2/a\`: nearly full, so it gets no new builds; 4 of 4 slots in use
    - \`zen2-spare/a\`: cannot be reached, asked again at 14:02 UTC; 1 of 4 slots in use
    - \`zen2-spare/b\`: set aside after three failures of its own in a row, tried again at 14:02 UTC; 0 of 4 slots in use
    - \`zen2-spare/c\`: tried again after failures, with one build at a time; 1 of 4 slots in use

    </details>"
  `);
});

test.each(COMMAND_NAMES)('a mistyped %s names a help that has examples', (name) => {
  const { mistakes } = parseComment(`bot: ${name} --nonsense`);
  const [, topic = ''] = /`bot: help (\w+)` has examples/.exec(notUnderstood(mistakes, SITE)) ?? [];
  expect(help(SITE, topic)).toContain('| you write |');
  if (help(SITE, name).includes('| you write | what happens |\n') && name !== 'help')
    expect(topic).toBe(name);
});
