/** Deploy pull requests, against a stateful double held to GitHub's API description. */
import { beforeEach, expect, test } from 'vitest';
import { againstTheDouble, double, github, staging, taking } from './setup.ts';

againstTheDouble();

const proposal = {
  branch: 'deploy/12',
  title: 'Deploy 12',
  body: 'What is in it',
  message: 'Deploy 12 of software-layer#1',
  files: { 'deploys/12/a.json': '{"a":1}\n', 'README.md': 'new\n' },
};
let branches = 0;
let wanted: typeof proposal;

beforeEach(() => {
  branches += 1;
  const files = { ...proposal.files, [`deploys/${branches}.json`]: `${branches}\n` };
  wanted = { ...proposal, branch: `deploy/${branches}`, files };
});

const open = () => double.pullRequests(staging).filter(({ head }) => head.ref === wanted.branch);

test('is one commit on the default branch, and found when proposed again', async () => {
  await github.proposeFiles(staging, { ...wanted, branch: `${wanted.branch}-before` });
  const made = await taking(5, github.proposeFiles(staging, wanted));
  expect(double.pullRequest(staging, made.number)).toMatchObject({
    title: wanted.title,
    body: wanted.body,
    author: 'stratobot[bot]',
    head: { ref: wanted.branch, sha: made.commit },
    base: { ref: 'main' },
  });
  expect(await double.fileAt(staging, made.commit, 'deploys/12/a.json')).toBe('{"a":1}\n');
  expect(await double.fileAt(staging, made.commit, 'keep.txt')).toBe('kept\n');
  expect(await github.proposeFiles(staging, wanted)).toEqual(made);
  expect(open()).toHaveLength(1);
});

test('is found when the default branch has moved on, and when it was closed', async () => {
  const made = await github.proposeFiles(staging, wanted);
  await double.pushBranch(staging, 'main', { by: 'eessi', changes: { 'other.txt': `${branches}` } });
  expect(await github.proposeFiles(staging, wanted)).toEqual(made);
  await github.closePullRequest(staging, made.number);
  expect(await github.proposeFiles(staging, wanted)).toEqual(made);
  expect(open().map(({ state }) => state)).toEqual(['closed']);
});

test.each(['/git/trees', '/git/commits', '/git/refs', '/pulls'])(
  'is finished after %s took effect and nobody heard of it',
  async (path) => {
    double.failNext({ method: 'POST', path: new RegExp(`${path}$`), drop: true, after: true });
    await expect(github.proposeFiles(staging, wanted)).rejects.toMatchObject({ name: 'Retryable' });
    const made = await github.proposeFiles(staging, wanted);
    expect(open().map(({ number, head }) => ({ number, commit: head.sha }))).toEqual([made]);
  },
);

test('is refused where the branch holds something else', async () => {
  const made = await github.proposeFiles(staging, wanted);
  await double.push(staging, made.number, { by: 'eessi', changes: { 'extra.txt': 'slipped in' } });
  await expect(github.proposeFiles(staging, wanted)).rejects.toMatchObject({ name: 'Permanent' });
  await double.push(staging, made.number, { by: 'eessi', changes: { 'extra.txt': null } });
  await expect(github.proposeFiles(staging, wanted), 'two more commits').rejects.toMatchObject({
    name: 'Permanent',
  });
  const different = { ...wanted, files: { 'other.json': '2' } };
  await expect(github.proposeFiles(staging, different)).rejects.toMatchObject({ name: 'Permanent' });
});

test('shows its reviews, and which commit they saw', async () => {
  const { number, commit } = await github.proposeFiles(staging, wanted);
  expect(await github.reviews(staging, number)).toEqual([]);
  const approved = await double.review(staging, number, { by: 'bob', state: 'approved' });
  const said = await double.review(staging, number, { by: 'kim', state: 'commented' });
  await double.dismissReview(staging, number, approved.id, { by: 'eessi' });
  const bot = false;
  expect(await taking(1, github.reviews(staging, number))).toEqual([
    { id: approved.id, reviewer: { login: 'bob', isBot: bot }, state: 'dismissed', commit },
    { id: said.id, reviewer: { login: 'kim', isBot: bot }, state: 'commented', commit },
  ]);
});

test('is merged once, only at the commit that was meant', async () => {
  const { number, commit } = await github.proposeFiles(staging, wanted);
  expect(await taking(1, github.merge(staging, number, '0'.repeat(40), 'Publish'))).toBe('moved');
  expect(double.pullRequest(staging, number).merged).toBe(false);
  expect(await taking(1, github.merge(staging, number, commit, 'Publish'))).toBe('merged');
  expect(await taking(2, github.merge(staging, number, commit, 'Publish'))).toBe('merged');
  expect(await double.fileAt(staging, 'main', 'deploys/12/a.json')).toBe('{"a":1}\n');
});

test('is not merged once it was closed', async () => {
  const { number, commit } = await github.proposeFiles(staging, wanted);
  await taking(1, github.closePullRequest(staging, number));
  await github.closePullRequest(staging, number);
  expect(await github.merge(staging, number, commit, 'Publish')).toBe('refused');
});
