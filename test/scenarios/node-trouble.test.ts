import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type RunningBot, startBot } from '../harness/bot.ts';
import { freshDatabase } from '../harness/database.ts';
import { newKey, startSshNode } from '../harness/ssh-node.ts';
import { freePort, SOFTWARE, type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));

/** The bot with one node, at an address, with a key of its own in `identity`. */
async function withNode(
  ssh: { host: string; port: number; user: string; host_key: string },
  play: (around: Surroundings, bot: RunningBot) => Promise<void>,
): Promise<void> {
  const database = await freshDatabase();
  const nodes = [{ name: 'n1', ssh: { ...ssh, identity_file: './identity' } }];
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 'directory',
    databaseUrl: database.databaseUrl,
    config: { pools: [{ name: 'zen2', arch: 'x86_64/amd/zen2', jobs_dir: '/nowhere', nodes }] },
  });
  await writeFile(join(around.dir, 'identity'), newKey().private, { mode: 0o600 });
  const bot = await startBot(around);
  try {
    const changes = { 'easystacks/tool.yml': 'easyconfigs: []\n' };
    await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool', changes });
    await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2' });
    await play(around, bot);
  } finally {
    await bot.close();
    await around.close();
    await database.drop();
  }
}

/** The bot's comment with such a text. */
const said = ({ github }: Surroundings, text: RegExp) =>
  github.waitFor(() => github.comments(SOFTWARE, 1).find(({ body }) => text.test(body)), {
    timeoutMs: 60_000,
    what: `a comment with ${text}`,
  });

test('a node that does not know our key fails the build at once, and the person is told', async () => {
  const node = await startSshNode({ root: '/', authorizedKey: newKey().public });
  const { host, port, user, hostKey } = node;
  try {
    await withNode({ host, port, user, host_key: hostKey }, async (around) => {
      const status = await said(around, /### Build of .*: failed/);
      expect(status.body).toContain('| not started |');
      expect(status.body).toMatch(/the job could not be started on `zen2\/n1`: \S+ refuses our key\.\n/);
    });
  } finally {
    await node.close();
  }
});

test('a host that nobody reaches: people learn it while builds wait, and why the first try ended', async () => {
  const ssh = { host: '127.0.0.1', port: await freePort(), user: 'nobody', host_key: newKey().public.trim() };
  await withNode(ssh, async (around, bot) => {
    const unreachable = () => bot.world.builders.nodes()[0]?.unreachableUntil ?? null;
    await expect.poll(unreachable).not.toBeNull();
    await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: show_config' });
    expect((await said(around, /What `demo-bot` builds for/)).body).toMatch(
      /❌ no node can be reached[\s\S]*`zen2\/n1`: cannot be reached, asked again at/,
    );
    // What waits for it beside the first says so; the first was given to it before anybody knew.
    await around.github.comment(SOFTWARE, 1, {
      by: 'maria',
      body: 'bot: build arch=zen2 export:SKIP_TESTS=1',
    });
    await said(around, /waits: no node for `x86_64\/amd\/zen2` can be reached/);
    // A quarter of an hour later.
    const first = await bot.build(1);
    if (first.state.kind !== 'starting') throw new Error(`build 1 is ${first.state.kind}`);
    const since = first.state.since - 16 * 60_000;
    expect(
      await bot.world.records.builds.move(1, 'starting', { ...first.state, since }, null),
    ).not.toBeNull();
    await bot.world.queue.add({ kind: 'build', buildId: 1 });
    await said(
      around,
      /waits: no node for [\s\S]*build 1 failed: `zen2\/n1` could not be reached for 15 min: /,
    );
  });
});
