/** Scripts of a pull request that look around on the node. What they leave and keep running is in test/contract/builders*. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';

const NO_SECRETS = new Set(['PATH', 'HOME', 'STRATOBOT_DATA', 'STRATOBOT_SIGNING_KEY_FILE']);

botTest('a hostile bot/ script looks for secrets in environments, its folder and its git', async (stage) => {
  const { around } = stage;
  const secrets = Object.entries(around.env).filter(([name]) => !NO_SECRETS.has(name));
  expect(secrets.map(([name]) => name)).toContain('STRATOBOT_WEBHOOK_SECRET');
  const before = { ...process.env };
  // As in production, where the bot has them from its environment.
  Object.assign(process.env, Object.fromEntries(secrets));
  const seen = join(around.dir, 'seen');
  try {
    await stage.openPullRequest(undefined, {
      'bot/build.sh': `{ env; tr '\\0' '\\n' </proc/$PPID/environ; ps -eo args; find .. -type f -exec cat {} +; git config -l; } >'${seen}' 2>&1
exit 1
`,
    });
    await stage.comment('maria', 'bot: build arch=zen2');
    expect(await stage.said()).toContain('Besides easystacks');
    await stage.status('failed');
  } finally {
    for (const [name] of secrets) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
  const found = await readFile(seen, 'utf8');
  expect(found).toContain('SLURM_JOB_ID=');
  expect(secrets.filter(([, secret]) => found.includes(secret)).map(([name]) => name)).toEqual([]);
  expect(found).not.toMatch(/PRIVATE KEY|\bghs_\w+|x-access-token/);
});
