import { expect, test } from 'vitest';
import type { BuildState } from '../../src/domain/build.ts';
import { summaryCheck } from '../../src/messages/check-summary.ts';
import { aBuild, stack, states } from './rows.ts';

const CPUS = ['x86_64/amd/zen2', 'aarch64/neoverse_n1', 'x86_64/amd/zen3'];
const summary = (...kinds: BuildState[]) =>
  summaryCheck({
    name: 'stratobot / summary',
    builds: kinds.map((state, index) => aBuild(state, index + 1, CPUS[index % CPUS.length])),
    repositories: new Map([[stack.id, stack]]),
  });

test.each<[string, BuildState[], string]>([
  ['nothing started', [states.queued, states.queued], 'queued'],
  ['something runs', [states.queued, states.running], 'in_progress'],
  ['something failed and something runs', [states.failed, states.running], 'in_progress'],
  ['all is built', [states.built, states.built], 'completed/success'],
  ['something failed', [states.built, states.failed], 'completed/failure'],
  ['tests failed', [states.built, states.testsFailed], 'completed/failure'],
  ['something was cancelled', [states.built, states.cancelled], 'completed/cancelled'],
])('%s', (_, kinds, expected) => {
  const { status, conclusion } = summary(...kinds);
  expect(`${status}${conclusion ? `/${conclusion}` : ''}`).toBe(expected);
});

test('as it is shown', () => {
  const { name, title, summary: text, actions } = summary(states.built, states.failed, states.testsFailed);
  expect({ name, title, actions: actions.map(({ label }) => label) }).toMatchInlineSnapshot(`
    {
      "actions": [
        "Retry",
      ],
      "name": "stratobot / summary",
      "title": "2 of 3 targets built (1 with failed tests), 1 failed",
    }
  `);
  expect(text).toMatchInlineSnapshot(`
    "Something is not built. \`bot: retry\` builds it again, and so does the button.

    | | target | for | |
    | :-: | --- | --- | --- |
    | ❌ | \`aarch64/neoverse_n1\` | \`software.eessi.io 2025.06\` | \`GCC.eb\` does not compile |
    | ⚠️ | \`x86_64/amd/zen3\` | \`software.eessi.io 2025.06\` | built, but tests failed |
    | ✅ | \`x86_64/amd/zen2\` | \`software.eessi.io 2025.06\` | built |"
  `);
});

test('buttons are there while they can do something', () => {
  const labels = (...kinds: BuildState[]) => summary(...kinds).actions.map(({ label }) => label);
  expect(labels(states.built)).toEqual([]);
  expect(labels(states.failed, states.running)).toEqual(['Retry', 'Cancel']);
  expect(labels(states.collecting)).toEqual([]);
});

test('hundreds of targets fit', () => {
  const failure = { ...states.failed.failure, sentence: 'x'.repeat(900) };
  const { summary: text } = summary(...Array(300).fill({ ...states.failed, failure }));
  expect(text.length).toBeLessThanOrEqual(65_536);
  expect(text.trim().split('\n').at(-1)).toMatch(/^[\d,]+ more builds: the status comment has them\.$/);
});
