/** What people type is carried to paths, arguments and pages: payloads for each of them, through the front door. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { alive } from '../harness/alive.ts';
import { botTest } from '../harness/bot-test.ts';
import { SOFTWARE } from '../harness/surroundings.ts';

/** @param canary a file that a shell would make */
const payloads = (canary: string): Record<string, string[]> => ({
  shell: [
    `build arch=zen2;touch\${IFS}${canary}`,
    `build arch=$(touch\${IFS}${canary})`,
    `build arch=\`touch ${canary}\``,
    `build arch=zen2|touch ${canary}`,
    `build arch=zen2 export:SKIP_TESTS=$(touch\${IFS}${canary})`,
    'build arch=zen2 export:LD_PRELOAD=/tmp/evil.so',
    'build arch=zen2 export:PATH=.',
  ],
  path: [
    'build arch=../../../../etc/passwd',
    'build arch=zen2 repo=../../etc',
    'log job:../1',
    'cancel job:1/../2',
  ],
  regex: ['build arch=.*', 'build arch=^(a+)+$', `build arch=${'a'.repeat(2000)}!`, 'build arch=[z-a]'],
  markup: [
    '@stack/ingest',
    'build arch=<script>alert(1)</script>',
    'build arch=<!--',
    'build arch=[x](https://evil.example)',
    'build arch=zen2 ![x](https://evil.example/x.png) fixes #1',
    'build arch=``` @stack/ingest',
    'help </code></summary></details> @stack/ingest',
  ],
  prototype: ['constructor', 'build __proto__=zen2', 'build arch=zen2 repo=__proto__', 'help toString'],
});

for (const kind of Object.keys(payloads('')))
  botTest(`${kind} payloads in a command`, async ({ around, bot, openPullRequest, comment, said }) => {
    const canary = join(around.dir, 'canary');
    await openPullRequest();
    for (const line of payloads(canary)[kind] ?? []) {
      await comment('maria', `bot: ${line}`);
      expect(alive(await said()), line).toEqual([]);
    }
    expect(await bot.world.records.requests.ofPullRequest(SOFTWARE, 1)).toEqual([]);
    expect(existsSync(canary)).toBe(false);
  });
