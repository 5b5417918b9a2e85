import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Build, BuildState } from '../../src/domain/build.ts';
import { statusComment } from '../../src/messages/status-comment.ts';
import { aBuild, deployIn, deployStates, request, states, statusView } from './rows.ts';

/** What a closed comment shows: everything outside the innermost folds, with their titles. */
const open = (text: string) => text.replaceAll(/<\/summary>[\s\S]*?<\/details>/g, '</summary>…</details>');

test('a request that a newer one followed is one line, once nothing of it moves', () => {
  const old = (builds: readonly Build[], branchAt: string | null = null) =>
    statusComment({ ...statusView(builds, [deployIn(deployStates.published)]), isOld: true, branchAt });
  const [line, ...rest] = old([aBuild(states.built), aBuild(states.failed, 2)]).split('\n');
  expect(line).toMatchInlineSnapshot(
    `"<details><summary>❌ Build of <code>fffffff</code> for <code>x86_64/amd/zen2</code>: 1 of 2 targets built, 1 failed, published as revision 4,711 · a newer one is below</summary>"`,
  );
  expect(rest).toContain('</details>');
  expect(old([aBuild(states.built)], 'b'.repeat(40)).split('\n')[0]).toMatchInlineSnapshot(
    `"<details><summary>✅ Build of <code>fffffff</code> for <code>x86_64/amd/zen2</code>: built, published as revision 4,711 · an older commit</summary>"`,
  );
  expect(old([aBuild(states.running)])).toMatch(/^### Build of/);
  expect(old([aBuild(states.built)])).not.toContain('`bot: deploy`');
});

test('a failure that is tried again by itself is no failure yet', () => {
  const failure = { code: 'node', class: 'infrastructure' as const, sentence: 'the node is full' };
  const broken: BuildState = { ...states.failed, failure: { ...failure, line: null, excerpt: [] } };
  const soon = statusComment(statusView([aBuild(broken)]));
  expect(soon.split('\n').slice(0, 5).join('\n')).toMatchInlineSnapshot(`
    "### Build of \`fffffff\`: waiting

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | 🕓 | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | will be tried again |  |  |"
  `);

  const retry = { of: 1, notBefore: 0 };
  const again = { ...aBuild(states.running, 2), retry };
  expect(statusComment(statusView([aBuild(broken), again]))).toMatchInlineSnapshot(`
    "### Build of \`fffffff\`: running

    | | target | for | took | tests | artifact |
    | :-: | --- | --- | --: | --- | --: |
    | ⏳ | \`x86_64/amd/zen2\` | software.eessi.io 2025.06 | since 14:02 UTC, try 2 |  | [live log](https://bot.example.org/builds/2/log) |

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>

    Commit \`ffffffffffffffffffffffffffffffffffffffff\` merged into \`main\`.

    - \`x86_64/amd/zen2\`: build 2, pool \`zen2\`, node \`zen2/node-1\`, [log](https://bot.example.org/builds/2/log)
      - before, build 1 failed: the node is full ([log](https://bot.example.org/builds/1/log))

    </details>

    When all are built, \`bot: deploy\` puts them up for approval."
  `);

  const waits = { ...aBuild(states.queued, 2), retry: { ...retry, notBefore: Date.UTC(2026, 2, 1, 14, 5) } };
  expect(statusComment(statusView([aBuild(broken), waits]))).toContain('will be tried again at 14:05 UTC');
});

test('of many builds those that need somebody stand open', () => {
  const kinds = [states.built, states.failed, states.running, states.queued, states.cancelled];
  const builds = Array.from({ length: 40 }, (_, index) =>
    aBuild(kinds[index % 13] ?? states.built, index + 1, `x86_64/cpu_${index}`),
  );
  expect(open(statusComment(statusView(builds)))).toMatchInlineSnapshot(`
    "### Build of \`fffffff\`: 28 of 40 targets built, 3 failed, 3 cancelled, 3 running, 3 waiting

    **\`x86_64/cpu_1\`, \`x86_64/cpu_14\` and \`x86_64/cpu_27\` failed**: \`GCC.eb\` does not compile ([log](https://bot.example.org/builds/2/log#L48211), line 48,211; [log](https://bot.example.org/builds/15/log#L48211), line 48,211; [log](https://bot.example.org/builds/28/log#L48211), line 48,211).
    \`bot: retry\` builds them again.

    All 40 builds are for software.eessi.io 2025.06.

    | | target | took | tests | artifact |
    | :-: | --- | --: | --- | --: |
    | ❌ | \`x86_64/cpu_1\` | 42 min |  | [log](https://bot.example.org/builds/2/log) |
    | ❌ | \`x86_64/cpu_14\` | 42 min |  | [log](https://bot.example.org/builds/15/log) |
    | ❌ | \`x86_64/cpu_27\` | 42 min |  | [log](https://bot.example.org/builds/28/log) |

    <details><summary>⏳ 3 builds under way</summary>…</details>

    <details><summary>🕓 3 builds waiting</summary>…</details>

    <details><summary>🚫 3 builds cancelled</summary>…</details>

    <details><summary>✅ 28 targets built</summary>…</details>

    <details><summary>Asked for by @maria: <code>bot: build arch=zen2</code></summary>…</details>

    When all are built, \`bot: deploy\` puts them up for approval."
  `);
});

test('the names of failed tests are folded, the same names once', () => {
  const builds = [1, 2, 3].map((id) => aBuild(states.testsFailed, id, `x86_64/cpu_${id}`));
  const other = { ...states.testsFailed.tests, failedTests: ['`rm`@everyone', 'EESSI_OSU'] };
  const text = statusComment(
    statusView([...builds, aBuild({ ...states.testsFailed, tests: other }, 4, 'x86_64/cpu_4')]),
  );
  expect(/<details><summary>Failed tests[\s\S]*?<\/details>/.exec(text)?.[0]).toMatchInlineSnapshot(`
    "<details><summary>Failed tests of 4 targets</summary>

    - \`x86_64/cpu_1\`, \`x86_64/cpu_2\` and \`x86_64/cpu_3\`: \`EESSI_GROMACS\`
    - \`x86_64/cpu_4\`: \`\` \`rm\`@everyone \`\`, \`EESSI_OSU\`

    </details>"
  `);
});

test('deploys: the newest stand open, those that were replaced are folded', () => {
  const deploys = [
    deployStates.superseded,
    deployStates.rejected,
    deployStates.superseded,
    deployStates.open,
  ];
  const text = statusComment(statusView([aBuild(states.built)], deploys.map(deployIn)));
  expect(text.slice(0, text.indexOf('\n\n|'))).toMatchInlineSnapshot(`
    "### Build of \`fffffff\`: built

    **Deploy**: waits for a second pair of eyes in o/staging#12 (1 artifact, digest \`sha256:b7bd55c1…54ae\`, asked for by @maria).

    <details><summary>3 earlier deploys</summary>

    - **Deploy** \`sha256:b7bd55c1…54ae\` in o/staging#12 was replaced by a newer one.
    - **Deploy** rejected by @ana in o/staging#12 (closed).
    - **Deploy** \`sha256:b7bd55c1…54ae\` in o/staging#12 was replaced by a newer one.

    </details>"
  `);
});

test('however much there is to say, it fits a comment and no table is cut', () => {
  const text = (longest: number) => fc.string({ maxLength: longest, unit: 'grapheme' });
  const sentence = fc.oneof(text(1000), fc.constant('`|`'.repeat(300)), fc.constant('*'.repeat(1000)));
  const state = sentence.chain((why) =>
    fc.constantFrom<BuildState>(
      ...Object.values(states),
      { ...states.failed, failure: { ...states.failed.failure, sentence: why } },
      {
        ...states.testsFailed,
        tests: { ...states.testsFailed.tests, failedTests: Array.from({ length: 50 }, () => why) },
      },
      {
        ...states.built,
        artifacts: Array.from({ length: 16 }, () => states.built.artifacts[0]).flatMap((one) => one ?? []),
      },
    ),
  );
  const deployed = fc.constantFrom(...Object.values(deployStates).map(deployIn));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(state, text(300)), { minLength: 1, maxLength: 120 }),
      fc.array(deployed, { maxLength: 40 }),
      fc.boolean(),
      (rows, deploys, isOld) => {
        const builds = rows.map(([one, cpu], index) => aBuild(one, index + 1, `x86_64/${index}${cpu}`));
        const commands = Array.from({ length: 20 }, () => `bot: build ${'x'.repeat(1900)}`);
        const view = { ...statusView(builds, deploys), isOld, request: { ...request, commands } };
        const body = statusComment(view);
        expect(body.length).toBeLessThanOrEqual(65_000);
        for (const line of body.split('\n')) if (line.startsWith('| ')) expect(line).toMatch(/ \|$/);
        const count = (mark: string) => body.split(mark).length;
        expect(count('<details>')).toBe(count('</details>'));
      },
    ),
    { numRuns: 60 },
  );
});

test('sixty targets that failed, with long names and reasons, are told in full rows', () => {
  const builds = Array.from({ length: 60 }, (_, index) => {
    const failure = { ...states.failed.failure, sentence: `${index} ${'`long name` '.repeat(90)}` };
    return aBuild({ ...states.failed, failure }, index + 1, `x86_64/${'y'.repeat(180)}/${index}`);
  });
  const deploys = Array.from({ length: 30 }, () => deployIn(deployStates.failed));
  const body = statusComment(statusView(builds, deploys));
  expect(body.length).toBeLessThanOrEqual(65_000);
  expect(body.split('\n').filter((line) => line.startsWith('| ❌'))).toHaveLength(60);
});
