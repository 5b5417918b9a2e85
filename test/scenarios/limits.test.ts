/** What goes beyond a limit is refused as a whole, in a sentence that says what to write instead. */
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest(
  'a comment that asks for more than the limits allow',
  async ({ openPullRequest, comment, said, bot }) => {
    await openPullRequest();
    await comment('maria', 'bot: build arch=zen2 --keep-going\nbot: status\nbot: ping');
    expect(await said()).toMatchInlineSnapshot(
      `"Nothing was started: a comment may hold 2 commands, and line 3 has one more; write the rest in another comment."`,
    );
    expect(await bot.world.records.requests.ofPullRequest('stack/software-layer', 1)).toEqual([]);
  },
  {
    configure: (config) => {
      config.limits = { commands_per_comment: 2 };
    },
  },
);
