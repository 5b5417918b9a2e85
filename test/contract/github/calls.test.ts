/** The GitHub port call by call, against a stateful double held to GitHub's API description. */
import { expect, test } from 'vitest';
import type { CheckOutput } from '../../../src/ports.ts';
import { againstTheDouble, connect, double, github, pull, repo, taking } from './setup.ts';

againstTheDouble();

const check = (headSha: string, more: Partial<CheckOutput> = {}): CheckOutput => ({
  name: 'zen2',
  externalId: 'stratobot:one:build:1',
  headSha,
  status: 'queued',
  conclusion: null,
  detailsUrl: null,
  title: 'Waiting',
  summary: 'Waiting for a node',
  annotations: [],
  actions: [],
  ...more,
});

test('a pull request, or null', async () => {
  expect(await taking(1, github.pullRequest(repo, pull.number))).toMatchObject({
    repo,
    number: pull.number,
    title: 'Add X',
    author: { login: 'ann', isBot: false },
    state: 'open',
    merged: false,
    draft: false,
    headSha: pull.head.sha,
    baseRef: 'main',
  });
  expect(await taking(1, github.pullRequest(repo, 999))).toBeNull();
});

test('roles', async () => {
  expect(await taking(1, github.role(repo, 'ann'))).toBe('write');
  expect(await github.role(repo, 'kim')).toBe('maintain');
  expect(['none', 'read']).toContain(await github.role(repo, 'eve'));
  expect(await github.role(repo, 'nobody-has-this-name')).toBe('none');
});

test('team membership, never remembered', async () => {
  // The organisation has an installation and a token of its own.
  expect(await taking(3, github.isTeamMember('eessi/deployers', 'bob'))).toBe(true);
  expect(await taking(1, github.isTeamMember('eessi/deployers', 'ann'))).toBe(false);
  expect(await github.isTeamMember('eessi/no-such-team', 'bob')).toBe(false);
  double.removeFromTeam('eessi/deployers', 'bob');
  expect(await github.isTeamMember('eessi/deployers', 'bob')).toBe(false);
});

test('a comment is written, found again, changed, and may be gone', async () => {
  const marker = '<!-- stratobot:status:1 -->';
  expect(await taking(1, github.findComment(repo, pull.number, marker))).toBeNull();
  const id = await taking(1, github.createComment(repo, pull.number, `${marker}\nBuilding`));
  expect(await taking(1, github.findComment(repo, pull.number, marker))).toBe(id);
  expect(await taking(1, github.updateComment(repo, id, `${marker}\nBuilt`))).toBe('updated');
  expect(double.comments(repo, pull.number).map(({ body }) => body)).toEqual([`${marker}\nBuilt`]);
  await double.deleteComment(repo, id, { by: 'eessi' });
  expect(await taking(1, github.updateComment(repo, id, 'again'))).toBe('gone');
});

test('a marker in a comment of somebody else means nothing', async () => {
  await double.comment(repo, pull.number, { by: 'eve', body: '<!-- marker -->' });
  expect(await github.findComment(repo, pull.number, '<!-- marker -->')).toBeNull();
});

test('a comment among hundreds is found, the newest first', async () => {
  const first = await github.createComment(repo, pull.number, '<!-- first -->');
  for (let i = 0; i < 210; i += 1) await double.comment(repo, pull.number, { by: 'ann', body: `chat ${i}` });
  const last = await github.createComment(repo, pull.number, '<!-- last -->');
  expect(await taking(2, github.findComment(repo, pull.number, '<!-- last -->'))).toBe(last);
  expect(await taking(3, github.findComment(repo, pull.number, '<!-- first -->'))).toBe(first);
});

test('a body over the limit is refused before it is sent', async () => {
  const long = 'x'.repeat(65_537);
  await expect(taking(0, github.createComment(repo, pull.number, long))).rejects.toMatchObject({
    name: 'Permanent',
  });
  await github.createComment(repo, pull.number, 'x'.repeat(65_536));
});

test('a label is removed, also when it is gone', async () => {
  await double.addLabel(repo, pull.number, { by: 'ann', label: 'bot:build' });
  await taking(1, github.removeLabel(repo, pull.number, 'bot:build'));
  expect(double.labels(repo, pull.number)).toEqual([]);
  await taking(1, github.removeLabel(repo, pull.number, 'bot:build'));
});

test('a label whose name is a path removes nothing else', async () => {
  await double.addLabel(repo, pull.number, { by: 'ann', label: 'keep' });
  for (const name of ['.', '..'])
    await expect(github.removeLabel(repo, pull.number, name)).rejects.toMatchObject({ name: 'Permanent' });
  await github.removeLabel(repo, pull.number, '../labels');
  expect(double.labels(repo, pull.number)).toEqual(['keep']);
});

test('a check is made, found by its identity and completed', async () => {
  const { sha } = pull.head;
  const id = await taking(1, github.createCheck(repo, check(sha)));
  const other = await github.createCheck(repo, check(sha, { externalId: 'stratobot:one:build:2' }));
  expect(await taking(1, github.findCheck(repo, sha, 'stratobot:one:build:1'))).toBe(id);
  expect(await github.findCheck(repo, sha, 'stratobot:one:build:2')).toBe(other);
  expect(await github.findCheck(repo, sha, 'stratobot:one:build:3')).toBeNull();
  await taking(1, github.updateCheck(repo, id, check(sha, { status: 'in_progress' })));
  const detailsUrl = 'https://stratobot.example/builds/1';
  const failed = check(sha, {
    status: 'completed',
    conclusion: 'failure',
    title: 'GCC failed',
    detailsUrl,
  });
  await taking(1, github.updateCheck(repo, id, failed));
  expect(double.checkRuns(repo, sha)[0]).toMatchObject({
    id,
    status: 'completed',
    conclusion: 'failure',
    title: 'GCC failed',
    detailsUrl,
  });
});

test('annotations are written once, 50 at a time, also when the process died between', async () => {
  const { sha } = pull.head;
  const annotations = Array.from({ length: 120 }, (_, i) => ({
    path: 'easystacks/tool.yml',
    startLine: i + 1,
    endLine: i + 1,
    level: 'failure' as const,
    title: 'tool',
    message: `remark ${i + 1}`,
  }));
  const all = annotations.map((one) => one.startLine);
  const id = await taking(3, github.createCheck(repo, check(sha, { annotations })));
  const lines = () =>
    double
      .checkRuns(repo, sha)
      .find((one) => one.id === id)
      ?.annotations.map((one) => one.start_line);
  expect(lines()).toEqual(all);
  await taking(1, github.updateCheck(repo, id, check(sha, { annotations })));
  expect(lines()).toEqual(all);
  const more = [...annotations, ...annotations.slice(0, 1)];
  await taking(2, github.updateCheck(repo, id, check(sha, { annotations: more })));
  expect(lines()).toEqual([...all, 1]);
});

test('an annotation over the limit is refused before it is sent', async () => {
  const long = { path: 'a', startLine: 1, endLine: 1, level: 'notice' as const, title: '', message: '' };
  const annotations = [{ ...long, message: 'ä'.repeat(40_000) }];
  await expect(taking(0, github.createCheck(repo, check(pull.head.sha, { annotations })))).rejects.toThrow(
    'is over',
  );
});

test('git access is a token for this repository alone, to read', async () => {
  const access = await taking(1, github.gitAccess(repo));
  expect(access).toEqual({ url: `${double.url}/${repo}.git`, token: expect.any(String) });
  const ask = JSON.parse(double.requests.at(-1)?.body ?? '');
  expect(ask).toMatchObject({ repositories: ['software-layer'], permissions: { contents: 'read' } });
  expect(await taking(0, github.gitAccess(repo))).toEqual(access);
});

// The time limit is far below what the throttling plugin's own spacing would take.
test('many writes at once are not held up, and ask for one token', { timeout: 10_000 }, async () => {
  const fresh = connect({ apiUrl: double.url });
  const bodies = Array.from({ length: 10 }, (_, i) => `comment ${i}`);
  await Promise.all(bodies.map((body) => fresh.createComment(repo, pull.number, body)));
  expect(fresh.requests()).toBe(12);
  expect(double.comments(repo, pull.number)).toHaveLength(10);
});

test('a token that is not known everywhere yet is tried again', async () => {
  double.failNext({ path: /permission$/, status: 401, body: { message: 'Bad credentials' } });
  expect(await github.role(repo, 'ann')).toBe('write');
});

test('writes beyond the burst wait for their turn', async () => {
  const paced = connect({ apiUrl: double.url, pacing: { burst: 2, refillMs: 250 } });
  const bodies = ['1', '2', '3'];
  await Promise.all(bodies.map((body) => paced.createComment(repo, pull.number, body)));
  const sent = double.requests.filter(({ path }) => path.endsWith(`/issues/${pull.number}/comments`));
  const [first = 0, , third = 0] = sent.map(({ at }) => at);
  expect(third - first).toBeGreaterThan(100);
});
