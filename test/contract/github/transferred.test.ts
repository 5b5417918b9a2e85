import { expect, test } from 'vitest';
import { againstTheDouble, connect, double, repo } from './setup.ts';

againstTheDouble();

test('a repository that was transferred is read, written and cloned where it is now, if the App is there', async () => {
  const github = connect({ apiUrl: double.url, gitUrl: double.url });
  const before = 'eessi/to-move';
  await double.createRepository(before, { files: { 'README.md': 'start\n' } });
  const { number } = await double.openPullRequest(before, { by: 'ann', title: 'Add Y', changes: { y: 'y' } });
  const id = await github.createComment(before, number, 'hello');
  double.addOrg('other');
  double.transferRepository(before, 'other');
  await expect(github.updateComment(before, id, 'lost')).rejects.toThrow(
    'The GitHub App is not installed for eessi/to-move',
  );
  await double.installApp('other');
  expect(await github.updateComment(before, id, 'changed')).toBe('updated');
  expect(double.comments('other/to-move', number).map(({ body }) => body)).toEqual(['changed']);
  expect((await github.gitAccess(before)).url).toBe(`${double.url}/eessi/to-move.git`);
  // The owner's other repositories are under its own installation as before.
  expect(await github.isPublic(repo)).toBe(true);
  double.renameRepository('other/to-move', 'moved');
  expect(await github.updateComment(before, id, 'again')).toBe('updated');
  expect(double.comments('other/moved', number).map(({ body }) => body)).toEqual(['again']);
});
