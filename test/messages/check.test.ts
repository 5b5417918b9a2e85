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

    For \`software.eessi.io 2025.06\`, pool \`zen2\`."
  `);
  expect(buildCheck('aws-bot', aBuild(states.failed), stack).summary).toMatchInlineSnapshot(`
    "\`GCC.eb\` does not compile.

    For \`software.eessi.io 2025.06\`, pool \`zen2\`."
  `);
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
