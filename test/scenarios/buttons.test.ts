import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** The check whose name ends so, the newest of that name. */
function check({ github }: Stage, ending: string) {
  const found = github.checkRuns(SOFTWARE).findLast(({ name }) => name.endsWith(ending));
  if (found === undefined) throw new Error(`there is no check ${ending}`);
  return found;
}
const ZEN2 = 'zen2 / 2025.06';
const SUMMARY = ' / summary';

async function failed(stage: Stage): Promise<void> {
  await stage.openPullRequest('fail');
  await stage.comment('maria', 'bot: build arch=all');
  await stage.status('0 of 2 targets built, 2 failed');
  await stage.silence();
}

botTest('Re-run on the check of a build builds that one again', async (stage) => {
  await failed(stage);
  const { id } = check(stage, ZEN2);
  await stage.github.rerequestCheck(SOFTWARE, id, { by: 'maria' });
  await stage.buildIs('failed', 3);
  const { records } = stage.bot.world;
  expect((await records.builds.get(3))?.retry?.of).toBe(1);
  expect(await records.builds.get(4)).toBeNull();
  // The first try's check is still there; its button is about the newest try.
  await stage.github.rerequestCheck(SOFTWARE, id, { by: 'maria' });
  await stage.buildIs('failed', 4);
  expect((await records.builds.get(4))?.retry?.of).toBe(3);
});

botTest('Re-run on the summary, and of all checks, repeats what failed', async (stage) => {
  await failed(stage);
  await stage.github.rerequestCheck(SOFTWARE, check(stage, SUMMARY).id, { by: 'maria' });
  await stage.buildIs('failed', 3);
  await stage.buildIs('failed', 4);
  await stage.github.rerequestSuite(SOFTWARE, check(stage, ZEN2).id, { by: 'maria' });
  await stage.buildIs('failed', 5);
  await stage.buildIs('failed', 6);
});

botTest('the same delivery twice is one repetition', async (stage) => {
  await failed(stage);
  await stage.github.rerequestCheck(SOFTWARE, check(stage, ZEN2).id, { by: 'maria' });
  await stage.buildIs('failed', 3);
  const pressed = stage.github.deliveries.findLast((one) => one.action === 'rerequested');
  await stage.github.redeliver(pressed?.guid ?? '');
  await stage.silence();
  expect(await stage.bot.world.records.builds.get(4)).toBeNull();
});

botTest('the buttons Cancel and Retry', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.buildIs('running');
  const runs = () =>
    stage.github
      .checkRuns(SOFTWARE)
      .some(({ name, status }) => name.includes(ZEN2) && status === 'in_progress');
  await stage.github.waitFor(runs, { what: 'the check to run' });
  const press = (identifier: string) =>
    stage.github.pressButton(SOFTWARE, check(stage, ZEN2).id, { by: 'maria', identifier });
  expect(check(stage, ZEN2).actions).toEqual(['Cancel']);
  await press('cancel');
  await stage.buildIs('cancelled');
  await stage.github.waitFor(() => check(stage, ZEN2).conclusion === 'cancelled', { what: 'the end' });
  expect(check(stage, ZEN2).actions).toEqual(['Retry']);
  await press('retry');
  await stage.buildIs('running', 2);
  await stage.release(2);
  await stage.buildIs('succeeded', 2);
  await stage.status(': built');
});

botTest('who may not build is told so once, however often the button is pressed', async (stage) => {
  await failed(stage);
  const press = () => stage.github.rerequestCheck(SOFTWARE, check(stage, ZEN2).id, { by: 'jo' });
  await press();
  expect(await stage.said()).toMatchInlineSnapshot(
    `"@jo, builds here are started by members of stack/builders. One of them can comment \`bot: retry\`."`,
  );
  await press();
  await stage.silence();
  expect(await stage.bot.world.records.builds.get(3)).toBeNull();
});

botTest('the check of an older commit is not built again', async (stage) => {
  await failed(stage);
  await stage.push('jo', { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' });
  await stage.github.rerequestCheck(SOFTWARE, check(stage, ZEN2).id, { by: 'maria' });
  expect(await stage.said()).toMatchInlineSnapshot(
    `"@maria, that check is of an older commit, \`COMMIT\`, so nothing was started. The branch is now at \`COMMIT\`; \`bot: build arch=…\` builds it."`,
  );
  expect(await stage.bot.world.records.builds.get(3)).toBeNull();
});

botTest('Re-run on what is built says that there is nothing to do', async (stage) => {
  await stage.built();
  await stage.github.rerequestCheck(SOFTWARE, check(stage, ZEN2).id, { by: 'maria' });
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing to retry: what this check is about has not failed."`,
  );
});
