/** Writes docs/first-pull-request.md: from a wrong command to published software, by the bot's replies alone. */
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

const HEAD = `# The first pull request

What a newcomer sees who never read a manual: every reply says what to write next. This page is made by
\`test/scenarios/first-pull-request.test.ts\`, which plays it through the webhook; \`npx vitest run test/scenarios/first-pull-request.test.ts --update\`
writes it anew. Links, commits, times and digests are replaced by names in capitals.

jo contributes and has no right to build, maria may build and deploy, ana may approve. jo opens a pull request that adds an easystack file.`;

botTest('the first pull request', async (stage) => {
  const page = [HEAD];
  const says = async (login: string, body: string) => {
    page.push(`## ${login} writes\n\n${quote(`\`\`\`\n${body}\n\`\`\``)}`);
    await stage.comment(login, body);
  };
  const answers = (text: string, where = 'answers') => page.push(`**stratobot** ${where}:\n\n${quote(text)}`);

  await stage.openPullRequest('fail');
  await says('jo', 'bot build zen2');
  answers(await stage.said());
  await says('jo', 'bot: biuld arch=zen2');
  answers(await stage.said());
  await says('maria', 'bot: build arch=zenn2');
  answers(await stage.said());
  await says('maria', 'bot: build arch=zen2');
  answers(await stage.status('failed'), 'says in the status comment, when the build has ended');

  page.push('## jo mends the build and pushes');
  await stage.push('jo', { behaviour: 'good' });
  await says('maria', 'bot: retry');
  answers(await stage.said());
  await says('maria', 'bot: build arch=zen2');
  answers(await stage.status(': built'), 'says in the status comment, when the build has ended');
  await says('maria', 'bot: deploy');
  answers(await stage.said());

  page.push('## ana reads the deploy PR and approves it');
  await stage.approve('ana', 1);
  await stage.deployIs('published');
  answers(await stage.saidOnDeploy(1), 'answers there');
  answers(await stage.saidOnDeploy(1), 'says there, when it is published');
  answers(await stage.said(), 'says on the pull request');

  await expect(`${page.join('\n\n')}\n`).toMatchFileSnapshot('../../docs/first-pull-request.md');
});

function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}
