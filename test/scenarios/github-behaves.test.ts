/** What GitHub and the people on it do to a pull request that nobody asked the bot about. */
import { expect } from 'vitest';
import { reportStatus } from '../../src/workflow/report-status.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const BUILD = 'bot: build arch=zen2';
const COMMENTS = { method: 'POST', path: /\/issues\/1\/comments$/ };

const ofBot = ({ github }: Stage) =>
  github.comments(SOFTWARE, 1).filter(({ author }) => author === 'stratobot[bot]');

botTest('the fork of a pull request is gone', async (stage) => {
  const { github, bot } = stage;
  const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n' };
  await github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes, fork: true });
  await bot.handled();
  github.deleteRepository('jo/software-layer');
  await stage.comment('maria', BUILD);
  // GitHub keeps the commits of a pull request where it was opened.
  await stage.status(': built');
  await stage.label('maria', 'something');
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  await bot.handled();
});

botTest('a comment deleted before its command is read: built all the same, once', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest();
  const { id } = await github.comment(SOFTWARE, 1, {
    by: 'maria',
    body: `${BUILD}\nbot: ping`,
    deliver: false,
  });
  const late = github.deliveries.at(-1);
  await github.deleteComment(SOFTWARE, id, { by: 'maria' });
  await github.redeliver(late?.guid ?? '');
  await bot.handled();
  expect(await stage.said()).toContain('is here');
  await stage.status(': built');
  await stage.silence();
  expect(ofBot(stage)).toHaveLength(2);
});

botTest('a push by force while a build runs: its result is of an older commit', async (stage) => {
  await stage.openPullRequest('wait');
  await stage.comment('maria', BUILD);
  await stage.buildIs('running');
  await stage.push('jo', { 'README.md': 'anew\n' }, { force: true });
  await stage.status('**For an older commit**');
  await stage.release();
  expect(await stage.status(': built')).toContain('**For an older commit**');
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toMatchInlineSnapshot(
    `"Nothing to deploy: \`COMMIT\` was not built yet, and what was built from an older commit is not deployed. \`bot: build arch=…\` builds this one."`,
  );
});

botTest('closed while it builds and opened again: stopped, and built when asked again', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest('wait');
  await stage.comment('maria', BUILD);
  await stage.buildIs('running');
  await github.closePullRequest(SOFTWARE, 1, { by: 'jo' });
  await stage.status(': cancelled');
  await github.reopen(SOFTWARE, 1, { by: 'jo' });
  await bot.handled();
  await stage.comment('maria', BUILD);
  await stage.buildIs('running', 2);
  await stage.release(2);
  await stage.status(': built');
  await stage.buildIs('cancelled', 1);
});

botTest('3,000 comments on one pull request', async (stage) => {
  stage.expectComplaint('a job failed and will be tried again');
  const { github } = stage;
  await stage.openPullRequest();
  github.commentOften(SOFTWARE, 1, { by: 'jo', body: 'And another thing.', times: 3_000 });
  // Nobody told the bot what became of its comment, so it has to look for it.
  github.failNext({ ...COMMENTS, drop: true, after: true });
  await stage.comment('maria', BUILD);
  await stage.status(': built');
  expect(ofBot(stage)).toHaveLength(1);
  const read = github.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/1/comments'));
  expect(read.length).toBeLessThanOrEqual(11);
});

botTest(
  'a renamed repository: what runs is finished under its old name, and the log says what to change',
  async (stage) => {
    const MOVED = 'GitHub has another name for a repository: change it in the configuration and restart';
    stage.expectComplaint(MOVED);
    const { github, bot } = stage;
    await stage.openPullRequest('wait');
    await stage.comment('maria', BUILD);
    await stage.buildIs('running');
    github.renameRepository(SOFTWARE, 'software');
    try {
      // Sent before, handled after: it reads, clones and writes by the old name.
      const told = github.deliveries.find(({ event }) => event === 'issue_comment')?.payload as Json & {
        comment: Json;
      };
      const comment = { ...told.comment, id: 1, body: 'bot: build arch=n1\nbot: ping' };
      await github.sendRaw({ event: 'issue_comment', payload: { ...told, comment } });
      await stage.buildIs('running', 2);
      await Promise.all([stage.release(1), stage.release(2)]);
      await Promise.all([stage.buildIs('succeeded', 1), stage.buildIs('succeeded', 2)]);
      const said = (text: string) =>
        github.comments('stack/software', 1).filter(({ body }) => body.includes(text));
      await github.waitFor(() => said(': built').length === 2, { what: 'both to be said to be built' });
      expect(said('is here')).toHaveLength(1);
      expect(bot.complaints.map(({ message, fields }) => [message, fields])).toEqual([
        [MOVED, { name: SOFTWARE }],
      ]);
    } finally {
      github.renameRepository('stack/software', 'software-layer');
    }
    stage.skip(SOFTWARE, 1);
  },
);

// One that somebody copied is in test/security/impostors.test.ts.
botTest('a status comment that somebody deleted is made again, once', async (stage) => {
  const { github, bot } = stage;
  await stage.openPullRequest('wait');
  await stage.comment('maria', BUILD);
  await stage.status('| since ');
  const [own] = ofBot(stage);
  await github.deleteComment(SOFTWARE, own?.id ?? 0, { by: 'maria' });
  await stage.release();
  await stage.status(': built');
  await Promise.all([reportStatus(bot.world, 1), reportStatus(bot.world, 1)]);
  await stage.silence();
  expect(ofBot(stage)).toHaveLength(1);
  expect(ofBot(stage)[0]?.id).not.toBe(own?.id);
});
