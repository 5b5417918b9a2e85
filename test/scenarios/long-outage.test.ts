import { expect } from 'vitest';
import { readDeliveryLog } from '../../src/workflow/catch-up.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const DAY_MS = 24 * 60 * 60_000;
const BUILD = 'bot: build arch=zen2';

/** Nothing was read for ten days: GitHub's log reaches back three. */
const away = ({ psql }: Stage) =>
  psql(`INSERT INTO delivery_log (read_to) VALUES (${Date.now() - 10 * DAY_MS})
    ON CONFLICT (one) DO UPDATE SET read_to = excluded.read_to`);
/** Written so long ago that no log has it any more. */
const wrote = ({ github }: Stage, days: number, body: string, number = 1) =>
  github.comment(SOFTWARE, number, {
    ...{ by: 'maria', body, deliver: false },
    at: new Date(Date.now() - days * DAY_MS),
  });
/** The log is empty, as it is after three days. */
const look = async (stage: Stage) => {
  stage.github.forgetDeliveries();
  await away(stage);
  expect(await readDeliveryLog(stage.bot.world)).toBe('read');
  await stage.bot.handled();
};
const requests = ({ bot }: Stage) => bot.world.records.requests.ofPullRequest(SOFTWARE, 1);

botTest('a command that nobody heard for days is not carried out; its author is told once', async (stage) => {
  await stage.openPullRequest();
  await wrote(stage, 5, BUILD);
  await look(stage);
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing was done: the command was written more than 24 hours ago, and the bot could not act on it until now. Ask again if it is still wanted."`,
  );
  expect(await requests(stage)).toEqual([]);
  await look(stage);
  await stage.silence();
});

botTest('what was heard in time is not answered again after a long silence', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', BUILD);
  await stage.status(': built');
  await stage.psql("UPDATE deliveries SET payload = 'null'");
  const [command] = stage.github.comments(SOFTWARE, 1);
  const { bot } = stage;
  expect(await bot.world.records.deliveries.commentsSeen([command?.id ?? 0, 1], 0)).toEqual(
    new Set([command?.id]),
  );
  await look(stage);
  await stage.silence();
  expect(await requests(stage)).toHaveLength(1);
});

/** The label was set so long ago that no log has it any more, and is still there. */
const labelled = ({ github }: Stage, days: number, label: string, { by = 'maria', deliver = false } = {}) =>
  github.addLabel(SOFTWARE, 1, { by, label, deliver, at: new Date(Date.now() - days * DAY_MS) });

botTest(
  'a label that nobody saw for days asks for nothing any more; whoever set it is told once',
  async (stage) => {
    await stage.openPullRequest();
    await labelled(stage, 5, 'bot:build');
    await labelled(stage, 5, 'help wanted');
    await look(stage);
    expect(await stage.said()).toMatchInlineSnapshot(
      `"Nothing was done: the label was set more than 24 hours ago, and the bot could not act on it until now. Ask again if it is still wanted."`,
    );
    expect(await requests(stage)).toEqual([]);
    await look(stage);
    await stage.silence();
  },
);

botTest('a label by somebody without the right is taken off after days, too', async (stage) => {
  const { github } = stage;
  github.setPermission(SOFTWARE, 'eve', 'triage');
  await stage.openPullRequest();
  await labelled(stage, 5, 'bot:deploy', { by: 'eve' });
  await look(stage);
  expect(await stage.said()).toContain('@eve');
  expect(github.pullRequest(SOFTWARE, 1).labels).toEqual([]);
});

botTest(
  'a label that was seen in time, or was set before the outage, asks for nothing again',
  async (stage) => {
    await stage.openPullRequest();
    await labelled(stage, 5, 'bot:deploy', { deliver: true });
    await stage.bot.handled();
    expect(await stage.said()).toContain('Nothing to deploy');
    await look(stage);
    await stage.github.removeLabel(SOFTWARE, 1, { by: 'maria', label: 'bot:deploy', deliver: false });
    await labelled(stage, 11, 'bot:deploy');
    await look(stage);
    await stage.silence();
  },
);

botTest('old comments of closed pull requests, and edited ones, ask for nothing', async (stage) => {
  const { github } = stage;
  await stage.openPullRequest();
  const before = await wrote(stage, 11, 'Looks good.');
  await github.editComment(SOFTWARE, before.id, { by: 'maria', body: BUILD, deliver: false });
  await look(stage);
  await stage.silence();
  await wrote(stage, 5, BUILD);
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo', deliver: false });
  await look(stage);
  await stage.silence();
});

botTest('a push that nobody heard of is known before the next command', async (stage) => {
  const { bot, github } = stage;
  await stage.openPullRequest();
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.1.eb\n' };
  const { sha } = await github.push(SOFTWARE, 1, { by: 'jo', changes, deliver: false });
  await look(stage);
  expect(await bot.world.records.heads.newest(SOFTWARE, 1)).toBe(sha);
});

botTest('builds of a pull request that was closed meanwhile are cancelled', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', BUILD);
  await stage.buildIs('running');
  await stage.github.closePullRequest(SOFTWARE, 1, { by: 'jo', deliver: false });
  await look(stage);
  await stage.buildIs('cancelled');
  stage.skip(SOFTWARE, 1);
});

botTest('an approval that nobody heard of counts', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  stage.skip(STAGING, number);
  await stage.github.review(STAGING, number, { by: 'ana', state: 'approved', deliver: false });
  await look(stage);
  expect(await stage.said()).toContain('as revision 1 of');
  await look(stage);
  await stage.silence();
});

botTest('a deploy PR that was closed meanwhile is rejected', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  stage.skip(STAGING, number);
  await stage.github.closePullRequest(STAGING, number, { by: 'ana', deliver: false });
  await look(stage);
  await stage.deployIs('rejected');
  expect(await stage.said()).toContain('@ana closed');
});

botTest('one repository that cannot be asked does not keep the rest waiting', async (stage) => {
  stage.expectComplaint('missed events could not be looked for');
  await stage.built();
  const number = await stage.deployPr();
  stage.skip(STAGING, number);
  await stage.github.review(STAGING, number, { by: 'ana', state: 'approved', deliver: false });
  stage.github.failNext({ method: 'GET', path: /software-layer\/pulls$/, status: 404 });
  await look(stage);
  expect(await stage.said()).toContain('as revision 1 of');
});

botTest('GitHub is away when it is asked: the next look asks again', async (stage) => {
  await stage.openPullRequest();
  await wrote(stage, 5, BUILD);
  await away(stage);
  stage.github.failNext({ method: 'GET', path: /software-layer\/issues\/comments$/, status: 502 });
  await expect(readDeliveryLog(stage.bot.world)).rejects.toMatchObject({ name: 'Retryable' });
  expect(await readDeliveryLog(stage.bot.world)).toBe('read');
  expect(await stage.said()).toMatch(/^Nothing was done: the command was written more than 24 hours ago/);
});
