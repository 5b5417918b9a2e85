import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

botTest('what the scripts say of a build is shown, and nothing of it comes alive', async (stage) => {
  const description =
    '<details><summary>:grin: SUCCESS</summary><dl><dt>_Details_</dt><dd>:white_check_mark: no message matching <code>ERROR: </code><br/>' +
    'thanks @maria, see #1 <img src=x onerror=y> [here](https://evil.example)<pre>```</dd>';
  await stage.openPullRequest(undefined, { description });
  await stage.comment('maria', 'bot: build arch=zen2');
  const said = await stage.status(': built');
  expect(/<details><summary>What <code>bot.*?<\/details>/s.exec(said)?.[0]).toMatchInlineSnapshot(`
    "<details><summary>What <code>bot/check-build.sh</code> says of 1 build</summary>

    \`x86_64/amd/zen2\`:

    - **Details**
      - ✅ no message matching \`ERROR: \`
      - thanks @⁠maria, see \\#⁠1 &lt;img src=x onerror=y&gt; \\[here\\]\\(https:⁠//evil.example\\)
        - \\\`\\\`\\\`

    </details>"
  `);
  await stage.checks();
  const check = stage.github.checkRuns('stack/software-layer').find(({ name }) => name.includes('zen2'));
  expect(check?.summary).toContain('- ✅ no message matching `ERROR: `');
});
