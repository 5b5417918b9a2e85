/** Comments that look like the bot's, and commands that no person gave. */
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

const COMMENT = { method: 'POST', path: /\/issues\/1\/comments$/ };

botTest('an outsider’s comment with the marker of the status comment, put there first', async (stage) => {
  stage.expectComplaint('a job failed and will be tried again');
  const { github } = stage;
  await stage.openPullRequest();
  // The key is easy to guess; the bot looks for it because nobody told it what became of its own comment.
  const body = `<!-- stratobot:${stage.bot.world.catalogue.instance} status:1 -->\n### Build of everything: built`;
  await stage.comment('eve', body);
  github.failNext({ ...COMMENT, drop: true });
  await stage.comment('maria', 'bot: build arch=zen2');
  await stage.status(': built');
  expect(github.comments(SOFTWARE, 1).find(({ author }) => author === 'eve')?.body).toBe(body);
});

botTest('an outsider’s copy of a status comment takes nothing over', async (stage) => {
  const { github } = stage;
  await stage.built();
  const own = github.comments(SOFTWARE, 1).find(({ author }) => author === 'stratobot[bot]');
  const body = own?.body.replace('built', 'approved by everybody') ?? '';
  expect(body).toContain('<!-- stratobot:');
  await stage.comment('eve', body);
  await github.deleteComment(SOFTWARE, own?.id ?? 0, { by: 'maria' });
  await stage.comment('maria', 'bot: deploy');
  expect(await stage.said()).toContain('Put up for approval');
  await stage.status('second pair of eyes');
  expect(github.comments(SOFTWARE, 1).find(({ author }) => author === 'eve')?.body).toBe(body);
});

botTest('a command that another App wrote in the name of somebody with rights', async (stage) => {
  const { github } = stage;
  await stage.openPullRequest();
  await github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2', deliver: false });
  const lost = github.deliveries.at(-1)?.payload as Json & { comment: Json };
  const comment = { ...lost.comment, performed_via_github_app: { id: 99, slug: 'other' } };
  await github.sendRaw({ event: 'issue_comment', payload: { ...lost, comment } });
  await stage.silence();
  expect(await stage.bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toEqual([]);
});

botTest('a command hidden from readers in an HTML comment', async (stage) => {
  await stage.openPullRequest();
  await stage.comment('maria', 'Thank you!\n<!--\nbot: build arch=zen2\n-->\n');
  await stage.silence();
  expect(await stage.bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toEqual([]);
});
