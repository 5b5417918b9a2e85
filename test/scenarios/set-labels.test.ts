import { expect } from 'vitest';
import { botTest, type ConfigDraft } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const labelled = {
  configure: ({ software_repositories: [repository] }: ConfigDraft) => {
    if (repository)
      repository.labels = { building: 'bot:building', built: 'bot:built', failed: 'bot:failed' };
  },
};

/** Labels come after comments and checks, and writes to GitHub have a budget. */
const WEAR_MS = 20_000;

const wears = async ({ github }: Stage, ...labels: string[]) => {
  const what = `the pull request to wear ${labels.join(', ') || 'no label'}`;
  await github.waitFor(() => github.labels(SOFTWARE, 1).sort().join() === labels.join(), {
    what,
    timeoutMs: WEAR_MS,
  });
};

botTest(
  'labels follow the builds of the newest commit, and others are left alone',
  async (stage) => {
    await stage.openPullRequest('wait');
    await stage.label('maria', '2025.06');
    await stage.comment('maria', 'bot: build arch=zen2');
    await wears(stage, '2025.06', 'bot:building');
    await stage.release();
    await wears(stage, '2025.06', 'bot:built');
    await stage.push('jo', { behaviour: 'fail' });
    await wears(stage, '2025.06');
    await stage.comment('maria', 'bot: build arch=zen2');
    await wears(stage, '2025.06', 'bot:failed');
    await stage.status('failed');
    stage.skip(SOFTWARE, 1);
  },
  labelled,
);

botTest(
  'a label that somebody takes off stays off until something changes',
  async (stage) => {
    await stage.built();
    await wears(stage, 'bot:built');
    await stage.github.removeLabel(SOFTWARE, 1, { by: 'maria', label: 'bot:built' });
    await stage.restart();
    await stage.silence();
    expect(stage.github.labels(SOFTWARE, 1)).toEqual([]);
    await stage.comment('maria', 'bot: build arch=n1');
    await wears(stage, 'bot:built');
    await stage.status(': built');
  },
  labelled,
);

botTest(
  'a bot that died before it set the label sets it when it is back',
  async (stage) => {
    await stage.openPullRequest('wait');
    await stage.comment('maria', 'bot: build arch=zen2');
    await wears(stage, 'bot:building');
    await stage.buildIs('running');
    await stage.restart(() => stage.release());
    await wears(stage, 'bot:built');
    await stage.status(': built');
  },
  labelled,
);

botTest('no label is set unless one is configured', async (stage) => {
  await stage.built();
  await stage.silence();
  expect(stage.github.labels(SOFTWARE, 1)).toEqual([]);
});
