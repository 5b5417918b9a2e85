/** Addresses from outside: none is ever followed. What the bot asks, it asks of the addresses in its configuration. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { botTest } from '../harness/bot-test.ts';
import type { Json } from '../harness/github/model.ts';

/** A payload in which every address leads to `url`: `clone_url`, `comments_url`, `html_url` and all the others. */
function misled(payload: Json, url: string): Json {
  const text = JSON.stringify(payload, (key, value) =>
    typeof value === 'string' && (/(^|_)url$/.test(key) || /^(https?|git|ssh):/.test(value)) ? url : value,
  );
  return JSON.parse(text) as Json;
}

botTest(
  'server-side request forgery: every URL of a webhook and of a comment leads to a trap',
  async (stage) => {
    const knocks: string[] = [];
    const trap = createServer((request, response) => {
      knocks.push(`${request.method} ${request.url}`);
      response.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => trap.once('listening', resolve));
    try {
      const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/latest/meta-data`;
      await stage.openPullRequest(undefined, {
        '.gitmodules': `[submodule "m"]\n  path = m\n  url = ${url}\n`,
        '.lfsconfig': `[lfs]\n  url = ${url}\n`,
      });
      const body = `![x](${url})\nbot: build arch=zen2`;
      const { github } = stage;
      await github.comment('stack/software-layer', 1, { by: 'maria', body, deliver: false });
      const payload = misled(github.deliveries.at(-1)?.payload ?? {}, url);
      expect(JSON.stringify(payload)).toContain(`"clone_url":"${url}"`);
      await github.sendRaw({ event: 'issue_comment', payload });
      await stage.bot.handled();
      await stage.status(': built');
      expect(knocks).toEqual([]);
    } finally {
      trap.close();
    }
  },
);
