import { expect, test } from 'vitest';
import { Permanent } from '../../../src/domain/errors.ts';
import { againstTheDouble, connect, double, pull, quiet, repo } from './setup.ts';

againstTheDouble();

const COMMENTS = { method: 'POST', path: /\/comments$/ };

test('a redirection elsewhere is not followed: the token is for GitHub alone', async () => {
  const github = connect({ apiUrl: double.url, gitUrl: double.url });
  double.failNext({ ...COMMENTS, status: 307, headers: { location: 'http://127.0.0.1:1/' } });
  await expect(github.createComment(repo, pull.number, 'hello')).rejects.toThrow(Permanent);
  expect(double.comments(repo, pull.number)).toEqual([]);
});

test('a renamed repository is read, written and cloned by its old name, and the log hears of it once', async () => {
  const warned: object[] = [];
  const log = { ...quiet, warn: (fields: object) => void warned.push(fields) };
  const github = connect({ apiUrl: double.url, gitUrl: double.url, log });
  double.renameRepository(repo, 'software');
  expect(await github.pullRequest(repo, pull.number)).toMatchObject({ headSha: pull.head.sha });
  const id = await github.createComment(repo, pull.number, 'hello');
  // Of a POST that is answered 301 `fetch` would make a GET.
  const location = `${double.url}/repos/eessi/software/issues/${pull.number}/comments`;
  double.failNext({ ...COMMENTS, status: 301, headers: { location } });
  await github.createComment(repo, pull.number, 'again');
  expect(await github.updateComment(repo, id, 'changed')).toBe('updated');
  expect(double.comments('eessi/software', pull.number).map(({ body }) => body)).toEqual([
    'changed',
    'again',
  ]);
  expect((await github.gitAccess(repo)).url).toBe(`${double.url}/eessi/software.git`);
  expect(warned).toEqual([{ name: repo }]);
});
