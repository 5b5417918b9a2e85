import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

const STACK = 'easystacks/software.eessi.io/2025.06';
const easystack = (...names: string[]) => `easyconfigs:\n${names.map((name) => `  - ${name}.eb\n`).join('')}`;
const only = (changes: Record<string, string>) => ({ 'easystacks/tool.yml': null, ...changes });

botTest('a plan, by anybody: what would be built of what, and nothing starts', async (stage) => {
  await stage.github.pushBranch('stack/software-layer', 'main', {
    by: 'maria',
    changes: { [`${STACK}/a.yml`]: easystack('tool-1.0-foss-2024a', 'kept-1.0') },
  });
  await stage.openPullRequest(
    undefined,
    only({
      [`${STACK}/a.yml`]: easystack('tool-1.1-foss-2024a', 'kept-1.0', 'new-1.0'),
      [`${STACK}/rebuilds/20260101-eb-5.1.2-old.yml`]: easystack('old-1.0'),
      'bot/build.sh': 'echo mine\n',
    }),
  );
  await stage.comment('eve', 'bot: plan');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "### Plan for \`COMMIT\`: 2 builds

    Nothing was started. \`bot: build arch=all\` would build:

    | target | for | pool | usually takes |
    | --- | --- | --- | --- |
    | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | \`zen2\` |  |
    | \`aarch64/neoverse_n1\` | software.eessi.io 2025.06 | \`n1\` |  |

    How long it takes is not known: nothing was built for these targets yet.

    **Software**: 1 added, 1 changed, 1 rebuilt.

    - added: \`new-1.0\`
    - changed: \`tool-1.0-foss-2024a\` → \`tool-1.1-foss-2024a\`
    - rebuilt: \`old-1.0\`

    ⚠️ Besides easystacks, \`bot/build.sh\` changed, which may decide how everything is built. Look at the difference before you build."
  `);
  expect(await stage.bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
  expect(stage.github.checkRuns('stack/software-layer')).toEqual([]);
});

botTest('what was built before tells how long it takes', async (stage) => {
  await stage.built();
  await stage.psql(
    `UPDATE builds SET state = jsonb_set(state, '{endedAt}', to_jsonb((state->>'startedAt')::bigint + 2520000))`,
  );
  await stage.comment('maria', 'bot: plan arch=zen2 export:SKIP_TESTS=yes');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "### Plan for \`COMMIT\`: 1 build

    Nothing was started. \`bot: build arch=zen2 export:SKIP_TESTS=yes\` would build:

    | target | for | pool | usually takes |
    | --- | --- | --- | --- |
    | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | \`zen2\` | 42 min |

    With free nodes that takes about 42 min, by the median of earlier builds; other software takes other times.

    **Software**: 1 added.

    - added: \`tool-1.0\`"
  `);
  await stage.comment('maria', 'bot: plan arch=all');
  expect(await stage.said()).toContain(
    'about 42 min, by the median of earlier builds (1 target without any not counted)',
  );
});

botTest('a plan of what is wrong', async (stage) => {
  await stage.openPullRequest(undefined, only({ [`${STACK}/a.yml`]: 'easyconfigs:\n  - a b.eb\n' }));
  await stage.comment('jo', 'bot: plan arch=zenn2');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "Nothing can be planned. Line 1: no target here matches \`zenn2\`.
    \`\`\`
    bot: plan arch=zenn2
                   ^^^^^ did you mean zen2?
    \`\`\`

    Targets: \`zen2\`, \`neoverse_n1\`. \`bot: help plan\` has examples."
  `);
  await stage.comment('jo', 'bot: plan arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "### Plan for \`COMMIT\`: nothing can be built

    Nothing was started: \`easystacks/software.eessi.io/2025.06/a.yml\` cannot be read. Mend this, push, and ask again.

    - \`easystacks/software.eessi.io/2025.06/a.yml\`, line 2, column 5: the name of an easyconfig cannot hold a blank."
  `);
});

botTest('a plan of another stack', async (stage) => {
  await stage.openPullRequest(
    undefined,
    only({ 'easystacks/software.eessi.io/2023.06/a.yml': easystack('tool-1.0') }),
  );
  await stage.comment('jo', 'bot: plan arch=zen2');
  expect(await stage.said()).toMatchInlineSnapshot(`
    "### Plan for \`COMMIT\`: 1 build

    Nothing was started. \`bot: build arch=zen2\` would build:

    | target | for | pool | usually takes |
    | --- | --- | --- | --- |
    | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | \`zen2\` |  |

    How long it takes is not known: nothing was built for these targets yet.

    **Software**: 1 added.

    - added: \`tool-1.0\`

    ⚠️ \`bot: build\` would ask whether it is meant: this pull request changes easystacks of \`software.eessi.io 2023.06\`, and the command is for \`eessi.io-2025.06-software\`."
  `);
});
