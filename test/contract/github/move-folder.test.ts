/** Moving a deploy's record on the default branch of a staging repository. */
import { beforeEach, expect, test } from 'vitest';
import { againstTheDouble, double, github, staging } from './setup.ts';

againstTheDouble();

let runs = 0;
let at: (folder: string) => string;
let move: Parameters<typeof github.moveFolder>[1];

beforeEach(() => {
  runs += 1;
  const place = `o/r/pr-${runs}/deploy-1`;
  at = (folder) => `${folder}/${place}`;
  const otherwise = { 'deploy.json': 'as the rows say\n' };
  move = { from: [at('staged'), at('approved')], to: at('ingested'), otherwise, message: `ingested ${runs}` };
});

const push = (changes: Record<string, string>) =>
  double.pushBranch(staging, 'main', { by: 'eessi', changes });
const mine = async () =>
  (await double.filesAt(staging, 'main')).filter((path) => path.includes(`/pr-${runs}/`));
const tip = async () => (await double.log(staging, 'main'))[0];

test('is one commit, with the bytes that were there, and none the second time', async () => {
  await push({ [`${at('staged')}/deploy.json`]: 'as it was reviewed\n', [`${at('staged')}/a.txt`]: 'a\n' });
  const before = await tip();
  await github.moveFolder(staging, move);
  expect(await mine()).toEqual([`${at('ingested')}/a.txt`, `${at('ingested')}/deploy.json`]);
  expect(await double.fileAt(staging, 'main', `${at('ingested')}/deploy.json`)).toBe('as it was reviewed\n');
  const after = await tip();
  expect(after).toMatchObject({ parents: [before?.sha], message: move.message });
  await github.moveFolder(staging, move);
  expect(await tip()).toEqual(after);
});

test('makes the files where no folder has them', async () => {
  await github.moveFolder(staging, move);
  expect(await mine()).toEqual([`${at('ingested')}/deploy.json`]);
});

test('leaves the files of others alone', async () => {
  await push({
    [`${at('staged')}/deploy.json`]: 'x\n',
    [`staged/o/r/pr-${runs}/deploy-10/deploy.json`]: 'y\n',
  });
  await github.moveFolder(staging, move);
  expect(await mine()).toEqual([
    `${at('ingested')}/deploy.json`,
    `staged/o/r/pr-${runs}/deploy-10/deploy.json`,
  ]);
});

test('is made on what somebody else pushed in that moment', async () => {
  await push({ [`${at('staged')}/deploy.json`]: 'x\n' });
  const refused = { status: 422, body: { message: 'Update is not a fast forward' } };
  double.failNext({ method: 'PATCH', path: /\/git\/refs\/heads/, ...refused });
  await github.moveFolder(staging, move);
  expect(await mine()).toEqual([`${at('ingested')}/deploy.json`]);
});

test('that nobody heard of is found done', async () => {
  await push({ [`${at('staged')}/deploy.json`]: 'x\n' });
  double.failNext({ method: 'PATCH', path: /\/git\/refs\/heads/, drop: true, after: true });
  await expect(github.moveFolder(staging, move)).rejects.toMatchObject({ name: 'Retryable' });
  const after = await tip();
  await github.moveFolder(staging, move);
  expect(await tip()).toEqual(after);
});

test('is refused where the branch is protected', async () => {
  await push({ [`${at('staged')}/deploy.json`]: 'x\n' });
  const refused = { status: 422, body: { message: 'Changes must be made through a pull request.' } };
  double.failNext({ method: 'PATCH', path: /\/git\/refs\/heads/, ...refused });
  await expect(github.moveFolder(staging, move)).rejects.toMatchObject({ name: 'Permanent' });
});
