import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const AGAIN = 'a job failed and will be tried again';
const COMMENT = { method: 'POST', path: /\/issues\/1\/comments$/ };
const CHECK = { method: 'POST', path: /\/check-runs$/ };

botTest(
  'a webhook delivered twice is one command',
  async ({ openPullRequest, comment, github, said, bot, silence }) => {
    await openPullRequest();
    await comment('maria', 'bot: ping');
    expect(await said()).toContain('is here');
    const command = github.deliveries.find(({ payload }) => JSON.stringify(payload).includes('"bot: ping"'));
    await github.redeliver(command?.guid ?? '');
    await bot.handled();
    await silence();
  },
);

botTest(
  'the same comment in two deliveries is one request',
  async ({ openPullRequest, comment, github, bot, status }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2');
    const first = github.deliveries.find(({ event }) => event === 'issue_comment');
    await github.sendRaw({ event: 'issue_comment', payload: first?.payload ?? {} });
    await bot.handled();
    await status(': built');
    expect(await bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toHaveLength(1);
    expect(await bot.world.records.builds.ofRequest(1)).toHaveLength(1);
  },
);

botTest('events that mean nothing are taken and forgotten', async ({ openPullRequest, github, silence }) => {
  await openPullRequest();
  const answer = await github.sendRaw({ event: 'star', payload: { action: 'created' } });
  expect(answer.statusCode).toBe(200);
  await silence();
});

botTest('a comment without an author is given up, and nothing else suffers', async (stage) => {
  stage.expectComplaint('delivery given up');
  await stage.openPullRequest();
  const payload = { action: 'created', repository: { full_name: SOFTWARE }, issue: { number: 1 } };
  await stage.github.sendRaw({ event: 'issue_comment', payload });
  await stage.comment('maria', 'bot: ping');
  expect(await stage.said()).toContain('is here');
});

botTest(
  'GitHub is away for a moment when the bot asks',
  async ({ openPullRequest, github, comment, status, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await openPullRequest();
    github.failNext({ method: 'GET', path: /\/pulls\/1$/, status: 502 });
    await comment('maria', 'bot: build arch=zen2');
    await status(': built');
  },
);

botTest(
  'GitHub is away for a moment when the bot answers',
  async ({ openPullRequest, github, comment, said, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await openPullRequest();
    github.failNext({ ...COMMENT, status: 502 });
    await comment('maria', 'bot: ping');
    expect(await said()).toContain('is here');
  },
);

botTest(
  'an answer of which GitHub’s receipt got lost is there once',
  async ({ openPullRequest, github, comment, said, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await openPullRequest();
    github.failNext({ ...COMMENT, drop: true, after: true });
    await comment('maria', 'bot: ping');
    expect(await said()).toContain('is here');
    await expect.poll(() => stage.bot.world.records.postings.unwritten()).toEqual([]);
    await stage.silence();
  },
);

botTest(
  'a status comment of which the receipt got lost is there once',
  async ({ openPullRequest, github, comment, status, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await openPullRequest();
    github.failNext({ ...COMMENT, drop: true, after: true });
    await comment('maria', 'bot: build arch=zen2');
    await status(': built');
    expect(github.comments(SOFTWARE, 1).filter(({ author }) => author === 'stratobot[bot]')).toHaveLength(1);
  },
);

botTest(
  'a check of which the receipt got lost is there once',
  async ({ openPullRequest, github, comment, status, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await openPullRequest();
    github.failNext({ ...CHECK, drop: true, after: true });
    await comment('maria', 'bot: build arch=zen2');
    await status(': built');
    expect(await stage.checks()).toHaveLength(1);
    const names = github.checkRuns(SOFTWARE).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  },
);

botTest(
  'a deploy PR of which the receipt got lost is there once',
  async ({ built, github, deployPr, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await built();
    github.failNext({ method: 'POST', path: /staging\/pulls$/, drop: true, after: true });
    expect(await deployPr()).toBe(1);
    expect(github.pullRequests(STAGING)).toHaveLength(1);
  },
);

botTest(
  'a merge of which the receipt got lost is published once',
  async ({ built, github, deployPr, approve, said, skip, ...stage }) => {
    stage.expectComplaint(AGAIN);
    await built();
    const number = await deployPr();
    skip(STAGING, number);
    github.failNext({ method: 'PUT', path: /\/merge$/, drop: true, after: true });
    await approve('ana', number);
    expect(await said()).toContain('as revision 1 of');
  },
);

botTest('a status comment that somebody deleted is made again once', async (stage) => {
  const { github, openPullRequest, comment, status, buildIs, release } = stage;
  await openPullRequest('wait');
  await comment('maria', 'bot: build arch=zen2');
  await buildIs('running');
  await status('since');
  const own = () => github.comments(SOFTWARE, 1).filter(({ author }) => author === 'stratobot[bot]');
  await github.deleteComment(SOFTWARE, own()[0]?.id ?? 0, { by: 'maria' });
  await release();
  await status(': built');
  expect(own()).toHaveLength(1);
});

botTest('a limit of GitHub is waited for', async ({ openPullRequest, github, comment, said, ...stage }) => {
  stage.expectComplaint('GitHub limits the rate of requests', AGAIN);
  await openPullRequest();
  const body = {
    message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
  };
  github.failNext({ ...COMMENT, status: 403, headers: { 'retry-after': '1' }, body });
  await comment('maria', 'bot: ping');
  expect(await said()).toContain('is here');
});
