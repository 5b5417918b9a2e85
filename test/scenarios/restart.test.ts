import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const WIPE = 'DROP SCHEMA bullmq CASCADE';

botTest(
  'a build goes on while the bot is restarted',
  async ({ github, openPullRequest, comment, buildIs, ...stage }) => {
    await openPullRequest('wait');
    await comment('maria', 'bot: build arch=zen2');
    await buildIs('running');
    await stage.restart();
    await stage.release();
    await stage.status(': built');
    expect(await stage.checks()).toHaveLength(1);
    expect(github.comments(SOFTWARE, 1).filter(({ author }) => author === 'stratobot[bot]')).toHaveLength(1);
  },
);

botTest('a build that ends while the bot is away is collected', async (stage) => {
  const { openPullRequest, comment, buildIs } = stage;
  await openPullRequest('wait');
  await comment('maria', 'bot: build arch=zen2');
  await buildIs('running');
  await stage.restart(() => stage.release());
  await stage.status(': built');
  const log = await (await fetch(`${stage.bot.url}/builds/1/log`)).text();
  expect(log.match(/building for/g)).toHaveLength(1);
  // As if the process had ended between the upload and its row, and somebody had wiped the queue.
  const [before] = await stage.bot.world.records.artifacts.ofBuild(1);
  await stage.restart(async () => {
    await stage.psql('DELETE FROM artifacts');
    await stage.psql(`UPDATE builds SET state = jsonb_build_object('kind', 'collecting', 'startedAt', state->'startedAt',
        'endedAt', state->'endedAt', 'handle', state->'handle', 'exit', '{"kind": "exited", "code": 0}'::jsonb)`);
    await stage.psql(WIPE);
  });
  await buildIs('succeeded');
  const { key, sha256 } = before ?? {};
  expect(await stage.bot.world.records.artifacts.ofBuild(1)).toMatchObject([{ key, sha256 }]);
});

botTest('a webhook that was recorded but not handled is handled at the start', async (stage) => {
  const { github, openPullRequest, said, bot } = stage;
  await openPullRequest();
  await github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: ping', deliver: false });
  const lost = github.deliveries.at(-1);
  const row = `'${lost?.guid}', 'issue_comment', $json$${JSON.stringify(lost?.payload)}$json$, ${Date.now() - 60_000}`;
  await stage.restart(() =>
    stage.psql(`INSERT INTO deliveries (guid, event, payload, received_at) VALUES (${row})`),
  );
  expect(await said()).toContain('is here');
  expect(stage.bot).not.toBe(bot);
});

botTest('a wiped queue loses nothing that runs', async ({ openPullRequest, comment, buildIs, ...stage }) => {
  await openPullRequest('wait');
  for (const id of [1, 2]) {
    await comment('maria', `bot: build arch=zen2 export:SKIP_TESTS=${id}`);
    await buildIs('running', id);
  }
  await comment('maria', 'bot: build arch=zen2');
  await stage.restart(() => stage.psql(WIPE));
  await stage.release(1);
  await buildIs('running', 3);
  for (const id of [2, 3]) await stage.release(id);
  for (const id of [1, 2, 3]) await buildIs('succeeded', id);
  await stage.status(': built');
  stage.skip(SOFTWARE, 1);
});

botTest('a wiped queue loses no approval', async ({ github, built, deployPr, approve, said, ...stage }) => {
  stage.expectComplaint('a job failed and will be tried again');
  await built();
  const number = await deployPr();
  stage.skip(STAGING, number);
  github.failNext({ method: 'PUT', path: /\/merge$/, status: 502 });
  await approve('ana', number);
  await github.waitFor(() => github.pendingFaults.length === 0);
  await stage.restart(() => stage.psql(WIPE));
  expect(await said()).toContain('as revision 1 of');
});

botTest('a wiped queue loses no deploy that is being put up, and no check', async (stage) => {
  const { github } = stage;
  stage.expectComplaint('a job failed and will be tried again');
  await stage.openPullRequest();
  github.failNext({ method: 'POST', path: /\/check-runs$/, status: 502, times: 2 });
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': built');
  github.failNext({ method: 'POST', path: /\/git\/trees$/, status: 502 });
  await stage.comment('maria', 'bot: deploy');
  await github.waitFor(() => github.pendingFaults.length === 0);
  await stage.deployIs('preparing');
  await stage.restart(() => stage.psql(WIPE));
  expect(await stage.said()).toContain('Put up for approval');
  expect(await stage.checks()).toHaveLength(1);
});

botTest('a wiped queue loses no answer', async ({ github, openPullRequest, comment, said, ...stage }) => {
  stage.expectComplaint('a job failed and will be tried again');
  await openPullRequest();
  github.failNext({ method: 'POST', path: /\/comments$/, status: 502 });
  await comment('maria', 'bot: ping');
  await github.waitFor(() => github.pendingFaults.length === 0);
  await stage.restart(() => stage.psql(WIPE));
  expect(await said()).toContain('is here');
});

botTest(
  'nothing is said again after a restart',
  async ({ built, deployPr, approve, said, skip, ...stage }) => {
    await built();
    const number = await deployPr();
    skip(STAGING, number);
    await approve('ana', number);
    await said();
    await stage.restart();
    await stage.silence();
  },
);
