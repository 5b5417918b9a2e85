import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Outcome, play } from '../../demo/story.ts';
import { silent } from '../../demo/terminal.ts';
import { type RunningBot, startBot } from '../harness/bot.ts';
import { freshDatabase } from '../harness/database.ts';
import { type Surroundings, startSurroundings } from '../harness/surroundings.ts';

const run = promisify(execFile);
const SAMPLE = fileURLToPath(new URL('../../demo/sample-repository', import.meta.url));

let around: Surroundings;
let bot: RunningBot;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let outcome: Outcome;
let unpacked: string;

beforeAll(async () => {
  database = await freshDatabase();
  const { databaseUrl } = database;
  around = await startSurroundings({
    repository: { fromDirectory: SAMPLE },
    nodes: 'ssh',
    store: 's3',
    databaseUrl,
  });
  bot = await startBot(around);
  unpacked = await mkdtemp(join(tmpdir(), 'stratobot-unpacked-'));
  const software = { name: 'tiny-blas', version: '1.4' };
  outcome = await play({ around, bot, tell: silent, software, easystack: 'easystacks/demo.yml' });
}, 120_000);

afterAll(async () => {
  await bot.close();
  await around.close();
  await database.drop();
  await rm(unpacked, { recursive: true, force: true });
});

test('the story of the demo ends with both builds published, one approval refused, one counted', () => {
  expect(outcome.builds.map(({ target, state }) => `${target} ${state}`)).toEqual([
    'x86_64/amd/zen2 succeeded',
    'aarch64/neoverse_n1 succeeded',
  ]);
  expect(outcome.deploy).toMatchObject({ state: 'published', refusedApprovals: 1, approvedBy: 'ana' });
  expect(outcome.publication).toMatchObject({ revision: 1, files: 8 });
  expect(outcome.githubRequests.perBuild).toBeLessThanOrEqual(8);
  expect(around.github.violations).toEqual([]);
});

test('the digests are those of the files in S3, and the published tree holds what the tarballs hold', async () => {
  for (const { artifact, sha256, bytes } of outcome.builds) {
    const url = new RegExp(`\\((http[^)]*${artifact})\\)`).exec(outcome.statusComment)?.[1] ?? '';
    const content = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    expect(content.length).toBe(bytes);
    const meta = JSON.parse(await (await fetch(`${url}.meta.txt`)).text());
    expect(meta.payload).toMatchObject({ filename: artifact, sha256sum: sha256, size: String(bytes) });
    const file = join(unpacked, `${artifact}`);
    await mkdir(join(unpacked, 'versions'), { recursive: true });
    await writeFile(file, content);
    const flag = artifact?.endsWith('.zst') ? '--zstd' : '--gzip';
    await run('tar', [flag, '-xf', file, '-C', join(unpacked, 'versions')]);
  }
  const published = await filesOf(join(outcome.publication?.path ?? '', 'versions'));
  expect(published).toEqual(await filesOf(join(unpacked, 'versions')));
  expect(Object.keys(published)).toHaveLength(8);
});

/** Digest of every file below a folder, by path. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    found[path.slice(folder.length + 1)] = digest;
  }
  return Object.fromEntries(Object.entries(found).sort());
}
