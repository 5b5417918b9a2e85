import { expect, test } from 'vitest';
import { buildCheck } from '../../src/messages/check.ts';
import { aBuild, stack, states } from './rows.ts';

test('the check of a build in each state', () => {
  const checks = Object.values(states).map((state) => {
    const { status, conclusion, title } = buildCheck('aws-bot', aBuild(state), stack);
    return `${status}${conclusion ? `/${conclusion}` : ''}: ${title}`;
  });
  expect(checks).toMatchInlineSnapshot(`
    [
      "queued: Waits for a node",
      "in_progress: Starting",
      "in_progress: Running on zen2/node-1",
      "in_progress: Being cancelled",
      "in_progress: Collecting the result",
      "completed/success: Built in 42 min: 1 artifact, 234 MiB",
      "completed/failure: Built in 42 min, but tests failed: 1 artifact, 234 MiB",
      "completed/failure: Failed: GCC.eb does not compile",
      "completed/failure: Failed: the pull request does not merge into main",
      "completed/cancelled: Cancelled by maria",
      "completed/cancelled: Cancelled by maria",
    ]
  `);
});

test('the name says which bot, which target and which stack version', () => {
  const { name } = buildCheck('aws-bot', aBuild(states.queued), stack);
  expect(name).toBe('aws-bot / x86_64/amd/zen2 / 2025.06');
});

test('a summary is about one build', () => {
  expect(buildCheck('aws-bot', aBuild(states.built), stack).summary).toMatchInlineSnapshot(`
    "- \`eessi-1.tar.zst\`, 234 MiB
      \`acf768bbad0fdf39c6ef53186802ce337a0174b56302eb977bb877fce587edf5\`

    For \`software.eessi.io 2025.06\`, on \`zen2/node-1\`: the only node for this target."
  `);
  expect(buildCheck('aws-bot', aBuild(states.failed), stack).summary).toMatchInlineSnapshot(`
    "**Failed**: \`GCC.eb\` does not compile.

    For \`software.eessi.io 2025.06\`, on \`zen2/node-1\`: the only node for this target."
  `);
});

test('what the log says of a failure stands beside the script that wrote it', () => {
  const failure = {
    ...states.failed.failure,
    excerpt: ['== building GCC', 'ERROR: \u202etoken ***', 'x'.repeat(600)],
  };
  const [annotation, ...others] = buildCheck(
    'aws-bot',
    aBuild({ ...states.failed, failure }),
    stack,
  ).annotations;
  expect(others).toEqual([]);
  expect(annotation).toMatchObject({ path: 'bot/build.sh', startLine: 1, level: 'failure' });
  expect(annotation?.title).toBe('x86_64/amd/zen2 failed');
  expect(annotation?.message.replace(/x{20,}/, 'xx')).toMatchInlineSnapshot(`
    "GCC.eb does not compile

    Around line 48,211 of the log:

    == building GCC
    ERROR: \\u202etoken ***
    xx…"
  `);
});

test('30 long lines of four bytes a character are an annotation GitHub takes', () => {
  const failure = { ...states.failed.failure, excerpt: Array(30).fill('𝄞'.repeat(600)) };
  const [annotation] = buildCheck('aws-bot', aBuild({ ...states.failed, failure }), stack).annotations;
  expect(Buffer.byteLength(annotation?.message ?? '')).toBeLessThan(65_536);
});

test('a failure no log tells of has no annotation', () => {
  expect(buildCheck('aws-bot', aBuild(states.conflict), stack).annotations).toEqual([]);
});

test('a repository target that left the configuration leaves a check that can be read', () => {
  const check = buildCheck('aws-bot', aBuild(states.running), undefined);
  expect([check.name, check.summary]).toMatchInlineSnapshot(`
    [
      "aws-bot / x86_64/amd/zen2",
      "Building on \`zen2/node-1\`. The details link shows the live log.",
    ]
  `);
});
