/** Attacks on the one door that is open to the world, on the whole bot. What the route answers to each single header is in test/contract/webhooks. */
import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { WEBHOOK_PATH } from '../../src/handlers/webhook-route.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

/** What GitHub sent last of this event: whoever saw one delivery has its body and signature. */
function overheard({ github }: Stage, event: string): { event: string; payload: Json } {
  const seen = github.deliveries.findLast((delivery) => delivery.event === event);
  if (seen === undefined) throw new Error(`no ${event} was delivered`);
  return { event, payload: seen.payload };
}

const requests = ({ bot }: Stage) => bot.world.records.requests.ofPullRequest(SOFTWARE, 1);

/** Begins a POST by hand, with a body that is not told to end; resolves with the answer when the bot closes the connection. */
function beginPost({ around }: Stage, headers: string[], body: Iterable<string>): Promise<string> {
  const { hostname, port } = new URL(around.botUrl);
  const socket = connect(Number(port), hostname);
  socket.write([`POST ${WEBHOOK_PATH} HTTP/1.1`, `host: ${hostname}`, ...headers, '', ''].join('\r\n'));
  for (const part of body) socket.write(part);
  // The bot hangs up while we are still sending: not every answer can be read then.
  return text(socket).catch(() => '');
}

const signedHead = [
  'content-type: application/json',
  'x-github-event: issue_comment',
  `x-github-delivery: ${randomUUID()}`,
  `x-hub-signature-256: sha256=${'0'.repeat(64)}`,
];

botTest('a forged approval: signed with a secret that is not ours', async (stage) => {
  stage.expectComplaint('Probot warns');
  await stage.built();
  const number = await stage.deployPr();
  await stage.github.review(STAGING, number, { by: 'ana', state: 'commented' });
  await stage.bot.handled();
  const { event, payload } = overheard(stage, 'pull_request_review');
  const forged = { ...payload, review: { ...(payload.review as Json), state: 'approved' } };
  const signature = createHmac('sha256', 'development').update(JSON.stringify(forged)).digest('hex');
  const headers = { 'X-Hub-Signature-256': `sha256=${signature}` };
  expect((await stage.github.sendRaw({ event, payload: forged, headers })).statusCode).toBe(400);
  await stage.silence();
  await stage.deployIs('open');
});

botTest('a replayed webhook: the same body and signature under a new delivery id', async (stage) => {
  await stage.built();
  await stage.github.sendRaw(overheard(stage, 'issue_comment'));
  await stage.silence();
  expect(await requests(stage)).toHaveLength(1);
});

botTest('a replayed webhook: a known delivery id with another body', async (stage) => {
  await stage.built();
  const known = stage.github.deliveries.findLast(({ event }) => event === 'issue_comment');
  const { event, payload } = overheard(stage, 'issue_comment');
  const comment = { ...(payload.comment as Json), id: 987_654, body: 'bot: build arch=n1' };
  await stage.github.sendRaw({
    event,
    payload: { ...payload, comment },
    headers: { 'X-GitHub-Delivery': known?.guid ?? '' },
  });
  await stage.silence();
  expect(await requests(stage)).toHaveLength(1);
});

botTest('a replayed approval, after it was dismissed', async (stage) => {
  await stage.built();
  const number = await stage.deployPr();
  const webhooks = stage.around.botUrl + WEBHOOK_PATH;
  stage.github.setWebhookUrl(null);
  const { id } = await stage.github.review(STAGING, number, { by: 'ana', state: 'approved' });
  const approval = overheard(stage, 'pull_request_review');
  stage.github.setWebhookUrl(webhooks);
  await stage.github.dismissReview(STAGING, number, id, { by: 'ana' });
  await stage.bot.handled();
  await stage.github.sendRaw(approval);
  await stage.bot.handled();
  stage.skip(STAGING, number);
  await stage.silence();
  await stage.deployIs('open');
});

botTest('a replayed closing, after the pull request was opened again', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest('wait');
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  const closing = github.deliveries.findLast(({ action }) => action === 'closed');
  await github.reopen(SOFTWARE, 1, { by: 'jo' });
  await bot.handled();
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.buildIs('running');
  await github.sendRaw({ event: 'pull_request', payload: closing?.payload ?? {} });
  await bot.handled();
  await stage.release();
  await stage.status(': built');
});

botTest('a comment with U+0000 is kept, and hides no other from what was missed', async (stage) => {
  await stage.built();
  const { event, payload } = overheard(stage, 'issue_comment');
  const comment = { ...(payload.comment as Json), id: 987_654, body: 'bot: \0 \\u0000 \\" \\ \ud800' };
  const { statusCode } = await stage.github.sendRaw({ event, payload: { ...payload, comment } });
  expect(statusCode).toBe(200);
  await stage.bot.handled();
  const seen = await stage.bot.world.records.deliveries.commentsSeen([987_654, 987_655], 0);
  expect(seen).toEqual(new Set([987_654]));
});

/** Sends two chunks more than a limit lets in, and looks whether the bot is still there. */
async function sendTooMuch(stage: Stage, limit: number): Promise<void> {
  const size = 1024 * 1024;
  const chunk = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  const chunks = Array.from({ length: limit / size + 2 }, () => chunk);
  const answer = await beginPost(stage, [...signedHead, 'transfer-encoding: chunked'], chunks);
  expect(answer).toMatch(/^$|^HTTP\/1.1 413 /);
  await stage.openPullRequest();
  await stage.comment('maria', 'bot: ping');
  expect(await stage.said()).toContain('is here');
}

botTest('an oversized webhook: more than 25 MB that no header announced', (stage) =>
  sendTooMuch(stage, 25 * 1024 * 1024),
);

botTest(
  'an oversized webhook: more than the configuration lets in',
  (stage) => sendTooMuch(stage, 1024 * 1024),
  { configure: (config) => Object.assign(config, { limits: { webhook_bytes: '1MiB' } }) },
);

botTest('a slow webhook: a body that never comes does not keep its connection', async (stage) => {
  const answer = await beginPost(stage, [...signedHead, 'content-length: 1000'], ['{']);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
});
