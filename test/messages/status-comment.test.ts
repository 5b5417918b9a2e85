import { expect, test } from 'vitest';
import type { Build } from '../../src/domain/build.ts';
import type { Deploy } from '../../src/domain/deploy.ts';
import { deployLine } from '../../src/messages/deploy-line.ts';
import { statusComment } from '../../src/messages/status-comment.ts';
import { headline } from '../../src/messages/status-words.ts';
import { aBuild, deployIn, deployStates, request, states, statusView as view } from './rows.ts';

const comment = (builds: readonly Build[], deploys: readonly Deploy[] = []) =>
  statusComment(view(builds, deploys));

test('the software stands folded below the builds', () => {
  const software = { added: ['tool-1.0'], changed: [], removed: [], rebuilt: ['old-1.0'], more: 0 };
  const text = statusComment({ ...view([aBuild(states.running)]), request: { ...request, software } });
  expect(text).toContain('<details><summary>Software: 1 added, 1 rebuilt</summary>');
  expect(text).toContain('- rebuilt: `old-1.0`');
  expect(comment([aBuild(states.running)])).not.toContain('Software');
});

test('a build in each state, in one word', () => {
  const words = Object.entries(states).map(([name, state]) => `${name}: ${headline([aBuild(state)])}`);
  expect(words).toMatchInlineSnapshot(`
    [
      "queued: waiting",
      "starting: starting",
      "running: running",
      "cancelling: being cancelled",
      "collecting: being collected",
      "built: built",
      "testsFailed: built, but tests failed",
      "failed: failed",
      "conflict: failed",
      "cancelled: cancelled",
      "neverRan: cancelled",
    ]
  `);
});

test('a build in each state, as its line of the table', () => {
  const lines = Object.values(states).map((state) => comment([aBuild(state)]).split('\n')[4]);
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "| 🕓 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | waits for a node |  |  |
    | ⏳ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | starting |  |  |
    | ⏳ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | since 14:02 UTC |  | [live log](https://bot.example.org/builds/1/log) |
    | 🚫 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | being cancelled |  | [live log](https://bot.example.org/builds/1/log) |
    | 📦 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | 42 min |  | [live log](https://bot.example.org/builds/1/log) |
    | ✅ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | 42 min | 12 passed | [234 MiB](https://artifacts.example.org/1) |
    | ⚠️ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | 42 min | 11 passed, **1 failed**, 2 skipped | [234 MiB](https://artifacts.example.org/1) |
    | ❌ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | 42 min |  | [log](https://bot.example.org/builds/1/log) |
    | ❌ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | not started |  |  |
    | 🚫 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | cancelled after 60 s |  | [log](https://bot.example.org/builds/1/log) |
    | 🚫 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | cancelled |  |  |"
  `);
});

test('many builds', () => {
  const builds = Object.values(states).map((state, index) => aBuild(state, index + 1, `x86_64/cpu_${index}`));
  expect(comment(builds)).toMatchInlineSnapshot(`
    "### Build of \`fffffff\`: 2 of 11 targets built (1 with failed tests), 2 failed, 3 cancelled, 2 running, 1 being collected, 1 waiting

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | 🕓 | \`x86_64/cpu_0\` | software.eessi.io 2025.06 | waits for a node |  |  |
    | ⏳ | \`x86_64/cpu_1\` | software.eessi.io 2025.06 | starting |  |  |
    | ⏳ | \`x86_64/cpu_2\` | software.eessi.io 2025.06 | since 14:02 UTC |  | [live log](https://bot.example.org/builds/3/log) |
    | 🚫 | \`x86_64/cpu_3\` | software.eessi.io 2025.06 | being cancelled |  | [live log](https://bot.example.org/builds/4/log) |
    | 📦 | \`x86_64/cpu_4\` | software.eessi.io 2025.06 | 42 min |  | [live log](https://bot.example.org/builds/5/log) |
    | ✅ | \`x86_64/cpu_5\` | software.eessi.io 2025.06 | 42 min | 12 passed | [234 MiB](https://artifacts.example.org/1) |
    | ⚠️ | \`x86_64/cpu_6\` | software.eessi.io 2025.06 | 42 min | 11 passed, **1 failed**, 2 skipped | [234 MiB](https://artifacts.example.org/1) |
    | ❌ | \`x86_64/cpu_7\` | software.eessi.io 2025.06 | 42 min |  | [log](https://bot.example.org/builds/8/log) |
    | ❌ | \`x86_64/cpu_8\` | software.eessi.io 2025.06 | not started |  |  |
    | 🚫 | \`x86_64/cpu_9\` | software.eessi.io 2025.06 | cancelled after 60 s |  | [log](https://bot.example.org/builds/10/log) |
    | 🚫 | \`x86_64/cpu_10\` | software.eessi.io 2025.06 | cancelled |  |  |

    **\`x86_64/cpu_7\` failed**: \`GCC.eb\` does not compile ([log](https://bot.example.org/builds/8/log#L48211), line 48,211).
    \`bot: retry arch=cpu_7\` builds it again.

    **\`x86_64/cpu_8\` failed**: the pull request does not merge into \`main\`.

    <details><summary>Failed tests of 1 target</summary>

    - \`x86_64/cpu_6\`: \`EESSI_GROMACS\`

    </details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`ffffffffffffffffffffffffffffffffffffffff\` merged into \`main\`.

    - \`x86_64/cpu_0\`: build 1, pool \`zen2\`
    - \`x86_64/cpu_1\`: build 2, pool \`zen2\`, node \`zen2/node-1\`
    - \`x86_64/cpu_2\`: build 3, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/3/log)
    - \`x86_64/cpu_3\`: build 4, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/4/log)
    - \`x86_64/cpu_4\`: build 5, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/5/log)
    - \`x86_64/cpu_5\`: build 6, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/6/log)
      \`\`\`
      acf768bbad0fdf39c6ef53186802ce337a0174b56302eb977bb877fce587edf5  eessi-1.tar.zst
      \`\`\`
    - \`x86_64/cpu_6\`: build 7, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/7/log)
      \`\`\`
      acf768bbad0fdf39c6ef53186802ce337a0174b56302eb977bb877fce587edf5  eessi-1.tar.zst
      \`\`\`
    - \`x86_64/cpu_7\`: build 8, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/8/log)
    - \`x86_64/cpu_8\`: build 9, pool \`zen2\`
    - \`x86_64/cpu_9\`: build 10, pool \`zen2\`, [log](https://bot.example.org/builds/10/log)
    - \`x86_64/cpu_10\`: build 11, pool \`zen2\`

    </details>

    When all are built, \`bot: deploy\` puts them up for approval."
  `);
});

test('builds that failed for the same reason share a sentence', () => {
  const builds = [
    aBuild(states.failed, 1),
    aBuild(states.failed, 2, 'x86_64/amd/zen4'),
    aBuild(states.built, 3),
  ];
  expect(
    comment(builds)
      .split('\n')
      .filter((line) => /failed\*\*|retry/.test(line)),
  ).toMatchInlineSnapshot(`
    [
      "**\`x86_64/amd/zen2\` and \`x86_64/amd/zen4\` failed**: \`GCC.eb\` does not compile ([log](https://bot.example.org/builds/1/log#L48211), line 48,211; [log](https://bot.example.org/builds/2/log#L48211), line 48,211).",
      "\`bot: retry\` builds them again.",
    ]
  `);
});

test('a deploy in each state', () => {
  const lines = Object.values(deployStates).map((state) => deployLine(deployIn(state)));
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "**Deploy**: being put up for approval (1 artifact, digest \`sha256:b7bd55c1…54ae\`).
    **Deploy**: waits for a second pair of eyes in o/staging#12 (1 artifact, digest \`sha256:b7bd55c1…54ae\`, asked for by @maria).
    **Deploy**: approved by @ana in o/staging#12, being published (1 artifact, digest \`sha256:b7bd55c1…54ae\`).
    **Deploy**: approved by @ana in o/staging#12, being published (1 artifact, digest \`sha256:b7bd55c1…54ae\`).
    **Published** as revision 4,711 of \`software.eessi.io\`, approved by @ana in o/staging#12 (1 artifact, digest \`sha256:b7bd55c1…54ae\`).
    **Taken back**: revision 4,711 of \`software.eessi.io\` was rolled back by @maria, confirmed by @max. Revision 4,712 has the content of revision 4,710 (1 artifact, digest \`sha256:b7bd55c1…54ae\`).
    **Deploy** rejected by @ana in o/staging#12 (closed).
    **Deploy** \`sha256:b7bd55c1…54ae\` in o/staging#12 was replaced by a newer one.
    **Deploy failed** in o/staging#12: GitHub refused to merge the deploy PR."
  `);
});

test('the next step is named once, when it is one', () => {
  const last = (builds: Build[], deploys: Deploy[] = []) => comment(builds, deploys).split('\n').at(-1);
  expect(last([aBuild(states.built)])).toContain('`bot: deploy` puts');
  expect(last([aBuild(states.running)])).toContain('When all are built');
  expect(last([aBuild(states.failed)])).toBe('</details>');
  expect(last([aBuild(states.built)], [deployIn(deployStates.open)])).toBe('</details>');
  expect(last([aBuild(states.built)], [deployIn(deployStates.rejected)])).toContain('`bot: deploy` puts');
});
