import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startBot } from '../harness/bot.ts';
import { freshDatabase } from '../harness/database.ts';
import { newKey, startSshNode } from '../harness/ssh-node.ts';
import { SOFTWARE, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));

test('a node that does not know our key fails the build at once, and the person is told', async () => {
  const database = await freshDatabase();
  const node = await startSshNode({ root: '/', authorizedKey: newKey().public });
  const { host, port, user, hostKey } = node;
  const ssh = { host, port, user, host_key: hostKey, identity_file: './wrong' };
  const pool = { name: 'zen2', arch: 'x86_64/amd/zen2', jobs_dir: '/nowhere', nodes: [{ name: 'n1', ssh }] };
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'local',
    store: 'directory',
    databaseUrl: database.databaseUrl,
    config: { pools: [pool] },
  });
  await writeFile(join(around.dir, 'wrong'), newKey().private, { mode: 0o600 });
  const bot = await startBot(around);
  try {
    const changes = { 'easystacks/tool.yml': 'easyconfigs: []\n' };
    await around.github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool', changes });
    await around.github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2' });
    const status = await around.github.waitFor(
      () => around.github.comments(SOFTWARE, 1).find(({ body }) => /### Build of .*: failed/.test(body)),
      { timeoutMs: 20_000, what: 'the failure in the status comment' },
    );
    expect(status.body).toContain('| not started |');
    expect(status.body).toMatch(/the job could not be started on `zen2\/n1`: \S+ refuses our key\.\n/);
  } finally {
    await bot.close();
    await around.close();
    await node.close();
    await database.drop();
  }
});
