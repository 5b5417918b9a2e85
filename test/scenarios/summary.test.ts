import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** Summaries of all heads, oldest first, as `conclusion: title`. */
const summaries = ({ github }: Stage) =>
  github.checkRuns(SOFTWARE).filter(({ name }) => name.endsWith(' / summary'));
const told = (stage: Stage) => summaries(stage).map((run) => `${run.conclusion ?? run.status}: ${run.title}`);

async function summaryIs(stage: Stage, text: string) {
  await stage.github.waitFor(() => told(stage).at(-1) === text, {
    what: `the summary to say ${text}; it says ${told(stage)}`,
    timeoutMs: 60_000,
  });
}

botTest('one summary of a head, whatever was asked for in how many comments', async (stage) => {
  await stage.openPullRequest('fail aarch64/neoverse_n1');
  await stage.silence();
  expect(told(stage), 'nothing was asked for, nothing is said').toEqual([]);
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': built');
  await summaryIs(stage, 'success: Built');
  await stage.comment('maria', 'bot: build arch=neoverse_n1');
  await stage.status('failed');
  await summaryIs(stage, 'failure: 1 of 2 targets built, 1 failed');
  expect(summaries(stage)).toHaveLength(1);
  expect(summaries(stage)[0]?.summary).toMatchInlineSnapshot(`
    "Something is not built. \`bot: retry\` builds it again, and so does the button.

    | | target | for | |
    | :-: | --- | --- | --- |
    | ❌ | \`aarch64/neoverse_n1\` | \`software.eessi.io 2025.06\` | \`ERROR: tool-1.0.eb does not compile\` |
    | ✅ | \`x86_64/amd/zen2\` | \`software.eessi.io 2025.06\` | built |"
  `);
});

botTest('the summary of a single build is written once, when it has ended', async (stage) => {
  const written = () =>
    stage.github.requests.filter(
      ({ method, path, body }) =>
        method !== 'GET' && /\/check-runs/.test(path) && JSON.stringify(body).includes('/ summary'),
    ).length;
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status('| since ');
  await stage.release();
  await stage.status(': built');
  await summaryIs(stage, 'success: Built');
  await stage.silence();
  expect(written()).toBe(1);
});

botTest('the summary survives a restart between its row and its check', async (stage) => {
  await stage.openPullRequest();
  stage.github.failNext({ path: /check-runs$/, status: 502, after: true });
  stage.expectComplaint('a job failed and will be tried again');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': built');
  await summaryIs(stage, 'success: Built');
  await stage.restart();
  await stage.silence();
  expect(told(stage)).toEqual(['success: Built']);
});

botTest(
  'after a push the old results say that they are old, the new head waits for a word',
  async (stage) => {
    await stage.built();
    await summaryIs(stage, 'success: Built');
    await stage.push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
    const body = await stage.status('For an older commit');
    expect(body.split('\n').slice(0, 4).join('\n')).toMatchInlineSnapshot(`
      "### Build of \`COMMIT\`: built

      **For an older commit**, \`COMMIT\`; the branch is now at \`COMMIT\`. \`bot: build arch=…\` builds what is there now.
      "
    `);
    expect(body).not.toContain('bot: deploy');
    await stage.silence();
    expect(told(stage)).toEqual(['success: Built']);
    await stage.comment('maria', 'bot: build arch=zen2');
    await stage.status(': built');
    await stage.github.waitFor(() => told(stage).length === 2, {
      what: 'a summary of the new head',
      timeoutMs: 60_000,
    });
    await summaryIs(stage, 'success: Built');
    expect(new Set(summaries(stage).map((run) => run.headSha)).size).toBe(2);
  },
);

botTest('a build that runs while the branch moves ends, for an older commit', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.buildIs('running');
  await stage.push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
  await stage.status('For an older commit');
  await stage.release();
  await stage.buildIs('succeeded');
  expect(await stage.status(': built')).toContain('For an older commit');
});
