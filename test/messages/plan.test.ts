import { describe, expect, it } from 'vitest';
import type { Understood } from '../../src/domain/pull-changes.ts';
import { besideThePaths, brokenEasystacks, easystackCheck, notice } from '../../src/messages/easystack.ts';
import { plan } from '../../src/messages/plan.ts';
import { stack } from './rows.ts';

const nothing = { added: [], changed: [], removed: [], rebuilt: [], more: 0 };
const understood: Understood = {
  software: { ...nothing, added: ['tool-1.0'] },
  stacks: [{ name: stack.name, version: stack.version }],
  easystacks: 1,
  problems: [],
  pointedOut: [],
  behindBy: null,
};
const rows = [
  { target: { os: 'linux' as const, cpu: 'x86_64/amd/zen2', accelerator: null }, pools: ['zen2'] },
  { target: { os: 'linux' as const, cpu: 'x86_64/amd/zen3', accelerator: 'nvidia/cc80' }, pools: ['gpu'] },
].map((row, index) => ({ ...row, repository: stack.id, usuallyMs: index === 0 ? 42 * 60_000 : null }));
const planned = (changes: Partial<Understood>) =>
  plan({
    headSha: 'f'.repeat(40),
    baseRef: 'main',
    commands: ['bot: build arch=all'],
    rows,
    repositories: new Map([[stack.id, stack]]),
    understood: { ...understood, ...changes },
    beside: [],
  });
const hostile = { file: 'a/`@maria`<img>.yml', line: 3, column: 7, message: 'the name cannot hold `$`' };

describe('a plan', () => {
  it('says what, where, how long, and what to look at', () => {
    const pointedOut = ['bot/build.sh', ...Array.from({ length: 9 }, (_, index) => `init/${index}`)];
    const software = {
      added: ['b-1.0-foss-2024a'],
      changed: [
        { from: null, to: 'pinned-1.0' },
        { from: 'c-1.0', to: 'c-1.1' },
      ],
      removed: ['d-1.0'],
      rebuilt: ['e-1.0'],
      more: 0,
    };
    expect(planned({ software, pointedOut, behindBy: 1234 })).toMatchInlineSnapshot(`
      "### Plan for \`fffffff\`: 2 builds

      Nothing was started. \`bot: build arch=all\` would build:

      | target | for | pool | usually takes |
      | --- | --- | --- | --- |
      | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | \`zen2\` | 42 min |
      | \`x86_64/amd/zen3+nvidia/cc80\` | software.eessi.io 2025.06 | \`gpu\` |  |

      With free nodes that takes about 42 min, by the median of earlier builds (1 target without any not counted); other software takes other times.

      **Software**: 1 added, 2 changed, 1 rebuilt, 1 removed.

      - added: \`b-1.0-foss-2024a\`
      - changed: \`pinned-1.0\` (other options), \`c-1.0\` → \`c-1.1\`
      - rebuilt: \`e-1.0\`
      - removed from the list, not from the stack: \`d-1.0\`

      ⚠️ Besides easystacks, \`bot/build.sh\`, \`init/0\`, \`init/1\`, \`init/2\`, \`init/3\` and 5 more changed, which may decide how everything is built. Look at the difference before you build.

      ⚠️ The branch is 1,234 commits behind \`main\`. What is built is the branch merged into \`main\`; to see that merge yourself, bring the branch up to date."
    `);
  });

  it('folds a long list, and says how much is not in it', () => {
    const software = {
      ...nothing,
      added: Array.from({ length: 200 }, (_, index) => `a${index}-1`),
      more: 50,
    };
    const text = planned({ software });
    expect(text).toContain('<details><summary>Software: 200 added, 50 more changes</summary>');
    expect(text.length).toBeLessThan(10_000);
  });

  it('says that nothing changes, that there is no easystack, that one is broken', () => {
    expect(planned({ software: nothing })).toContain(
      '**Software**: nothing added, changed, removed or rebuilt.',
    );
    expect(planned({ software: nothing, easystacks: 0 })).toContain('⚠️ No easystack is changed.');
    expect(planned({ problems: [hostile] })).toContain('nothing can be built\n\nNothing was started');
  });
});

it('what is broken, harmless whatever it is called, and not all of it', () => {
  expect(brokenEasystacks([hostile])).toMatchInlineSnapshot(`
    "Nothing was started: \`\`a/\`@maria\`<img>.yml\`\` cannot be read. Mend this, push, and ask again.

    - \`\`a/\`@maria\`<img>.yml\`\`, line 3, column 7: the name cannot hold \`$\`."
  `);
  const many = Array.from({ length: 30 }, (_, index) => ({ ...hostile, file: `${index}.yml` }));
  expect(brokenEasystacks(many)).toContain('- … and 20 more problems.');
  expect(easystackCheck(many)).toMatchObject({
    title: '30 problems in 30 easystacks',
    conclusion: 'failure',
  });
  expect(easystackCheck(many).annotations).toHaveLength(30);
});

it('a question, and what insists', () => {
  const stacks = [
    { name: 'software.eessi.io', version: '2023.06' },
    { name: 'dev.eessi.io', version: '2024.09' },
  ];
  expect(besideThePaths([stack.id], stacks, ['bot: build arch=zen2 --force'])).toMatchInlineSnapshot(
    `"Nothing was started: this pull request changes easystacks of \`software.eessi.io 2023.06\` and \`dev.eessi.io 2024.09\`, and the command is for \`eessi.io-2025.06-software\`. Name what it changes with \`repo:\`, or, if the other is meant, write \`bot: build arch=zen2 --force\`."`,
  );
});

it('nothing to point out is no comment', () => {
  expect(notice({ ...understood, easystacks: 0 }, 'main')).toBe(null);
});
