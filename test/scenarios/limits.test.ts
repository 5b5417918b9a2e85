/** What goes beyond a limit is refused as a whole, in a sentence that says what to write instead. */
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

botTest(
  'a comment that asks for more than the limits allow',
  async ({ openPullRequest, comment, said, bot }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2 --keep-going\nbot: status\nbot: ping');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: a comment may hold 2 commands, and line 3 has one more; write the rest in another comment."`,
    );
    await comment('maria', `bot: build arch=zen2 --keep-going\n${'It is needed soon. '.repeat(10)}`);
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: this comment has 224 characters, and 200 of one are read; write the commands in a comment of their own."`,
    );
    await comment('maria', `${'It is needed soon.\n'.repeat(20)}bot: build arch=zen2`);
    expect(await said()).toMatch(/^Nothing was started: this comment has 400 characters, /);
    await comment('maria', 'bot: build arch=all --keep-going');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: this comes to 2 builds, and one comment may ask for 1; name fewer targets or repositories at once, in several comments."`,
    );
    await comment('maria', 'bot: build arch=zen2\nbot: build arch=neoverse_n1 after #2');
    expect(await said()).toMatch(/^Nothing was started: this comes to 2 builds, /);
    expect(await bot.world.records.waits.waiting()).toEqual([]);
    await comment('maria', 'bot: plan');
    expect(await said()).toMatch(/^Nothing can be planned: this comes to 2 builds, /);
    expect(await bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
  },
  {
    configure: (config) => {
      config.limits = { comment_length: 200, commands_per_comment: 2, builds_per_request: 1 };
    },
  },
);

botTest(
  'a person who has as many builds under way as one may, on several pull requests',
  async ({ github, bot, openPullRequest, comment, said, status, release }) => {
    await openPullRequest('wait');
    await github.openPullRequest(SOFTWARE, {
      by: 'jo',
      title: 'Add another one',
      changes: { 'easystacks/other.yml': 'easyconfigs:\n  - other-1.0.eb\n' },
    });
    await comment('maria', 'bot: build arch=zen2');
    await comment('maria', 'bot: build arch=all', 2);
    expect(await said(SOFTWARE, 2)).toMatchInlineSnapshot(
      `"Nothing was started: this comes to 2 builds, one person may have 2 that wait or run, and @maria has 1; wait for some to end, stop some with \`bot: cancel\`, or name fewer targets."`,
    );
    // Another person, and the last one that she may have.
    await comment('max', 'bot: build arch=neoverse_n1', 2);
    await status(': built', 2);
    await comment('maria', 'bot: build arch=zen2', 2);
    await status(': built', 2);
    await release();
    await status(': built');
    await comment('maria', 'bot: build arch=all --force', 2);
    await status('all 2 targets built', 2);
    expect(await bot.world.records.requests.ofPullRequest(SOFTWARE, 2)).toHaveLength(3);
  },
  {
    configure: (config) => {
      config.limits = { builds_per_person: 2 };
    },
  },
);
