/** Issues that are opened once, against a stateful double held to GitHub's API description. */
import { expect, test } from 'vitest';
import { againstTheDouble, double, github, repo, staging, taking } from './setup.ts';

againstTheDouble();

const marker = '<!-- stratobot:demo deploy:7:issue -->';
const issue = { marker, title: 'Deploy 7 was not published', body: `${marker}\nThe disk is full.` };

test('an issue is opened once, also after it was closed', async () => {
  await github.isPublic(staging); // the look-ups before a first call
  const number = await taking(2, github.openIssue(staging, issue));
  expect(double.issues(staging)).toMatchObject([
    { number, title: issue.title, body: issue.body, author: 'stratobot[bot]' },
  ]);
  expect(await taking(1, github.openIssue(staging, issue))).toBe(number);
  const other = marker.replace('7', '8');
  expect(await github.openIssue(staging, { ...issue, marker: other, body: other })).not.toBe(number);
});

test('an issue that GitHub made while nobody heard of it is found', async () => {
  double.failNext({ method: 'POST', path: /\/issues$/, drop: true, after: true });
  const lost = { ...issue, marker: 'lost', body: 'lost' };
  await expect(github.openIssue(staging, lost)).rejects.toMatchObject({ name: 'Retryable' });
  const number = await github.openIssue(staging, lost);
  expect(double.issues(staging).filter(({ body }) => body === 'lost')).toMatchObject([{ number }]);
});

test("neither somebody else's issue nor a pull request of ours counts", async () => {
  const proposal = { branch: 'b', title: 't', body: 'both', message: 'm', files: { a: 'a' } };
  const pull = await github.proposeFiles(staging, proposal);
  const number = await github.openIssue(staging, { marker: 'both', title: 't', body: 'both' });
  expect(number).toBeGreaterThan(pull.number);
  await double.comment(repo, 1, { by: 'eve', body: marker });
  const long = 'x'.repeat(300);
  const named = await github.openIssue(staging, { marker: 'long', title: long, body: 'long' });
  expect(double.issues(staging).find((one) => one.number === named)?.title).toBe('x'.repeat(256));
});
