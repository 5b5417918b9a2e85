/** Names and lines that a pull request brings, made to call everybody: nothing of them is alive where the bot shows it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alive } from '../harness/alive.ts';
import { botTest } from '../harness/bot-test.ts';
import type { Changes } from '../harness/github/model.ts';
import type { Stage } from '../harness/stage.ts';
import { SOFTWARE, STAGING } from '../harness/surroundings.ts';

const STORM = '@everyone @stack/ingest <img src=x onerror=alert(1)> [x](https://evil.example) fixes #1';
const BUILD = join(import.meta.dirname, '../fixtures/repository/bot/build.sh');

test('the measure of these tests sees a storm, and none in code', () => {
  expect(alive(STORM)).toEqual([
    '@everyone',
    '@stack/ingest',
    '<img src=x onerror=alert(1)>',
    '](https://evil.example)',
    '#1',
  ]);
  expect(alive(`\`${STORM}\` by @maria\n\`\`\`\n${STORM}\n\`\`\``)).toEqual([]);
});

/** jo's pull request with a storm in its title. */
async function open({ github, bot }: Stage, changes: Changes) {
  await github.openPullRequest(SOFTWARE, { by: 'jo', title: STORM, changes });
  await bot.handled();
}

/** What is alive in anything the bot wrote in a repository, bodies of its pull requests included. */
function aliveIn({ github, around }: Stage, repo: string): string[] {
  return github.pullRequests(repo).flatMap(({ number, author, body, title }) => {
    const ofBot = github.comments(repo, number).filter((comment) => comment.author === 'stratobot[bot]');
    const own = author === 'stratobot[bot]' ? [title, body ?? ''] : [];
    return [...own, ...ofBot.map((comment) => comment.body)].flatMap((text) =>
      alive(text.replaceAll(around.botUrl, 'BOT')),
    );
  });
}

botTest('a mention storm from the title, the easystack and the log of a failing build', async (stage) => {
  await open(stage, {
    'easystacks/@stack-ingest <img>.yml': `easyconfigs:\n  - tool-1.0.eb\n`,
    'bot/build.sh': `echo "ERROR: ${STORM}"\nexit 1\n`,
  });
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toContain('Besides easystacks');
  expect(await stage.status('failed')).toContain('@everyone');
  await stage.comment('maria', 'bot: log');
  expect(await stage.said()).toContain('@everyone');
  expect(aliveIn(stage, SOFTWARE)).toEqual([]);
});

botTest('a mention storm from the modules of a tarball that is put up for approval', async (stage) => {
  const script = (await readFile(BUILD, 'utf8'))
    .replaceAll('modules/all/tool', 'modules/all/@everyone')
    .replaceAll('software/tool/1.0', 'software/@everyone/1.0');
  await open(stage, { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n', 'bot/build.sh': script });
  await stage.comment('maria', 'bot: build arch=zen2');
  expect(await stage.said()).toContain('Besides easystacks');
  await stage.status(': built');
  const number = await stage.deployPr();
  expect(stage.github.pullRequest(STAGING, number).body).toContain('@everyone');
  expect([...aliveIn(stage, SOFTWARE), ...aliveIn(stage, STAGING)]).toEqual([]);
});
