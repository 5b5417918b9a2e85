import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFailed, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startBotProcess } from '../harness/bot-process.ts';
import { freshDatabase } from '../harness/database.ts';
import { SOFTWARE, startSurroundings } from '../harness/surroundings.ts';

const REPOSITORY = fileURLToPath(new URL('../fixtures/repository', import.meta.url));
const WAIT_MS = 60_000;

test('a bot killed while a node uploads, and when that was judged, has one artifact in the end', {
  timeout: 90_000,
}, async () => {
  const database = await freshDatabase();
  const around = await startSurroundings({
    repository: { fromDirectory: REPOSITORY },
    nodes: 'ssh',
    store: 's3',
    databaseUrl: database.databaseUrl,
  });
  const config = parse(await readFile(around.configFile, 'utf8'));
  for (const pool of config.pools) pool.collect = 'presigned';
  await writeFile(around.configFile, stringify(config));
  const { github, s3 } = around;
  if (s3 === null) throw new Error('there is no S3');
  let bot = await startBotProcess(around);
  onTestFailed(() => console.error(bot.output()));
  try {
    const changes = { 'easystacks/tool.yml': 'easyconfigs:\n  - tool-1.0.eb\n' };
    await github.openPullRequest(SOFTWARE, { by: 'jo', title: 'Add tool 1.0', changes });

    const uploading = s3.puts.next((path) => path.endsWith('.unjudged'));
    await github.comment(SOFTWARE, 1, { by: 'maria', body: 'bot: build arch=zen2' });
    const goOn = await uploading;
    await bot.kill(); // a part is on its way
    const judged = s3.puts.next((path) => path.endsWith('.meta.txt'));
    goOn(); // it arrives, for an upload that nobody ends
    bot = await startBotProcess(around);
    const goOnAgain = await judged;
    await bot.kill(); // judged, copied to its key, without a row
    goOnAgain();
    bot = await startBotProcess(around);

    const built = () =>
      github.comments(SOFTWARE, 1).filter(({ body }) => /### Build of .*: built/.test(body));
    await github.waitFor(() => built().length === 1, { timeoutMs: WAIT_MS, what: 'the result' });
    const objects = await readdir(s3.directory, { recursive: true });
    const tarballs = objects.filter((path) => /\.tar\.(zst|gz)\._S3rver_object$/.test(path));
    expect(tarballs, objects.join('\n')).toHaveLength(1);
    expect(objects.filter((path) => /\.unjudged\._S3rver_object$/.test(path))).toEqual([]);
    const ended = () =>
      github
        .checkRuns(SOFTWARE)
        .filter((run) => run.name !== 'stratobot / summary' && run.conclusion === 'success');
    await github.waitFor(() => ended().length === 1, { timeoutMs: WAIT_MS, what: 'the check' });
    expect(github.violations).toEqual([]);
    expect(await bot.end()).toBe(0);
  } finally {
    await bot.kill();
    await around.close();
    await database.drop();
  }
});
