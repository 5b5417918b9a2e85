import { expect, test } from 'vitest';
import type { NodeNow } from '../../src/domain/node-now.ts';
import type { Catalogue } from '../../src/domain/target.ts';
import { summaryCheck } from '../../src/messages/check-summary.ts';
import { help } from '../../src/messages/help.ts';
import { notDoubled } from '../../src/messages/known-builds.ts';
import { logEnds } from '../../src/messages/log-reply.ts';
import { plan } from '../../src/messages/plan.ts';
import { cancelled, prioritised, retried } from '../../src/messages/replies.ts';
import { showConfig } from '../../src/messages/show-config.ts';
import { statusComment } from '../../src/messages/status-comment.ts';
import { pool, SITE } from '../domain/catalogue.ts';
import { aBuild, stack, states, statusView } from './rows.ts';

/** What GitHub takes, characters, and what a marker needs of it. */
const ROOM = 65_536 - 200;
const LONG = 'x'.repeat(150);
const cpu = (index: number) => `x86_64/vendor/${LONG}_${index}`;

const builds = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const failure = { ...states.failed.failure, sentence: `${index} ${'`long name` '.repeat(90)}` };
    return aBuild({ ...states.failed, failure }, index + 1, cpu(index));
  });

const site = (count: number): Catalogue => ({
  ...SITE,
  pools: Array.from({ length: count }, (_, index) => pool(`pool-${LONG}-${index}`, cpu(index))),
});

const nodes = ({ pools }: Catalogue, special: (index: number) => Partial<NodeNow> = () => ({})): NodeNow[] =>
  pools.flatMap(({ name }, index) =>
    Array.from({ length: 8 }, (_, node) => ({
      ...{ name: `${name}/node-${node}`, pool: name, slots: 4, jobs: 1, nearlyFull: false },
      ...{ unreachableUntil: null, refusal: null, health: { kind: 'healthy' as const } },
      ...special(index),
    })),
  );

const planned = (count: number, names: number, commands = ['bot: build arch=all']) =>
  plan({
    headSha: 'f'.repeat(40),
    baseRef: 'main',
    commands,
    rows: builds(count).map(({ target }, index) => ({
      ...{ target, repository: stack.id, pools: ['aws', `pool-${LONG}`] },
      usuallyMs: index * 60_000,
    })),
    repositories: new Map([[stack.id, stack]]),
    understood: {
      software: {
        ...{ added: Array.from({ length: names }, (_, index) => `${LONG}-${index}`), changed: [] },
        ...{ removed: [], rebuilt: [], more: 0 },
      },
      ...{ stacks: [], easystacks: 1, problems: [], pointedOut: [], behindBy: null },
    },
    beside: [],
  });

const texts: Record<string, (count: number) => string> = {
  'status comment': (count) => statusComment(statusView(builds(count))),
  'summary check': (count) =>
    summaryCheck({ name: 'summary', builds: builds(count), repositories: new Map([[stack.id, stack]]) })
      .summary,
  plan: (count) => planned(count, 200, Array(20).fill(`bot: build ${LONG.repeat(20)}`)),
  show_config: (count) => showConfig(site(count), nodes(site(count))),
  'show_config, all in trouble': (count) =>
    showConfig(
      site(count),
      nodes(site(count), () => ({ unreachableUntil: 0 })),
    ),
  help: (count) => help(site(count), null),
  log: (count) =>
    logEnds(
      // So many are shown of one comment, whatever was asked for.
      builds(6).map((build) => ({ build, lines: Array(50).fill(LONG), url: `https://x/${LONG}` })),
      count - 6,
    ),
  retry: (count) => retried(builds(count)),
  cancel: (count) => cancelled(builds(count)),
  priority: (count) => prioritised(builds(count)),
  'build of what is built': (count) =>
    notDoubled({
      headSha: 'f'.repeat(40),
      ...{ built: builds(count), underWay: builds(count), started: 0, insist: ['bot: build --force'] },
    }) ?? '',
};

test.each(Object.entries(texts).flatMap(([what, make]) => [60, 400].map((count) => ({ what, count, make }))))(
  '$what of $count targets with long names fits a comment, in whole tables and folds',
  ({ make, count }) => {
    const text = make(count);
    expect(text.length).toBeLessThanOrEqual(ROOM);
    expect(text.split('<details>').length).toBe(text.split('</details>').length);
    for (const line of text.split('\n')) if (line.startsWith('| ')) expect(line).toMatch(/ \|$/);
  },
);

/** What is read without opening anything. */
const open = (text: string) => text.replaceAll(/<\/summary>[\s\S]*?<\/details>/g, '</summary>…</details>');
const short = (text: string) => text.replaceAll(LONG, 'x');

test('a plan of many builds says what they come to, and folds them away', () => {
  expect(short(open(planned(20, 1)))).toMatchInlineSnapshot(`
    "### Plan for \`fffffff\`: 20 builds

    Nothing was started. \`bot: build arch=all\` would build for 20 targets of software.eessi.io 2025.06.

    With free nodes that takes about 19 min, by the median of earlier builds; other software takes other times.

    **Software**: 1 added.

    - added: \`x-0\`

    <details><summary>The 20 builds</summary>…</details>"
  `);
  expect(planned(16, 1)).not.toContain('<details>');
  expect(planned(400, 1)).toMatch(
    /\n\n[\d]+ more builds, which this comment has no room for\.\n\n<\/details>/,
  );
  expect(planned(1, 200)).toContain('**Software**: 200 added; that is more than this comment can name.');
});

test('of many pools those in trouble stand open', () => {
  const twenty = site(20);
  const trouble = nodes(twenty, (index) => (index === 3 ? { unreachableUntil: Date.UTC(2026, 2, 1) } : {}));
  expect(short(open(showConfig(twenty, trouble)))).toMatchInlineSnapshot(`
    "What \`site-a\` builds for: 20 CPU targets in 20 pools, 456 of 608 slots free.

    Targets: \`x_0\`, \`x_1\`, \`x_2\`, \`x_3\`, \`x_4\`, \`x_5\`, \`x_6\`, \`x_7\`, \`x_8\`, \`x_9\`, \`x_10\`, \`x_11\`, \`x_12\`, \`x_13\`, \`x_14\`, \`x_15\`, \`x_16\`, \`x_17\`, \`x_18\`, \`x_19\`.

    | pool | targets | accelerators | repositories | free |
    | --- | --- | --- | --- | --- |
    | \`pool-x-3\` | \`x86_64/vendor/x_3\` |  | \`eessi.io-2025.06-software\` | ❌ no node can be reached |

    <details><summary>19 pools with all their nodes</summary>…</details>

    Repositories:

    - \`eessi.io-2023.06-software\`: \`software.eessi.io 2023.06\`
    - \`eessi.io-2025.06-software\`: \`software.eessi.io 2025.06\`

    <details><summary>160 nodes</summary>…</details>"
  `);
});

test('what a command did to many builds is told of the first of them', () => {
  expect(short(retried(builds(60)))).toMatch(/_11` and 48 more\.$/);
});
