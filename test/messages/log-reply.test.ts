import { expect, test } from 'vitest';
import { lastLines } from '../../src/domain/log-tail.ts';
import { logEnds } from '../../src/messages/log-reply.ts';
import { aBuild, states } from './rows.ts';

const url = 'https://bot.example.org/builds/1/log';

test('the ends of logs, each folded', () => {
  const ends = [
    { build: aBuild(states.failed), lines: ['gcc tool.c', '</details> ``` @everyone <img src=x>'], url },
    { build: aBuild(states.queued, 2, 'aarch64/neoverse_n1'), lines: [], url },
  ];
  expect(logEnds(ends, 3)).toMatchInlineSnapshot(`
    "<details><summary>❌ <code>x86_64/amd/zen2</code>, build 1 (failed): the last 2 lines</summary>

    [The whole log](https://bot.example.org/builds/1/log)

    \`\`\`\`
    gcc tool.c
    </details> \`\`\` @everyone <img src=x>
    \`\`\`\`

    </details>

    🕓 \`aarch64/neoverse_n1\`, build 2: there is no log yet.

    3 more builds: \`bot: log arch=…\` or \`bot: log job:…\` names those you want."
  `);
});

test('however long lines are, a reply fits a comment', () => {
  const lines = Array.from({ length: 50 }, () => '`'.repeat(100_000));
  const ends = Array.from({ length: 6 }, (_, id) => ({ build: aBuild(states.built, id + 1), lines, url }));
  const body = logEnds(ends, 0);
  expect(body.length).toBeLessThan(65_000);
  expect(body.match(/<\/details>/g)).toHaveLength(6);
});

test('lines of a log as a terminal shows them, without secrets', () => {
  const log =
    'half a line\n\u001b[31mred\u001b[0m\n10 %\r20 %\r\nGITHUB_TOKEN=ghp_0123456789abcdefghij\nlast\n';
  expect(lastLines(log, 50, false)).toEqual(['red', '20 %', 'GITHUB_TOKEN=***', 'last']);
  expect(lastLines(log, 1, true)).toEqual(['last']);
  const key = `-----BEGIN PRIVATE KEY-----\n${'MIIE\n'.repeat(60)}-----END PRIVATE KEY-----\ndone\n`;
  expect(lastLines(key, 3, true)).toEqual(['***', '***', 'done']);
});
