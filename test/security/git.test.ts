/** Pull requests and branches that are attacks on the git of the bot's machine. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gitSources } from '../../src/builders/sources.ts';
import type { Sources } from '../../src/ports.ts';
import { silent } from '../harness/job-bench.ts';

let folder: string;
let origin: string;
let canary: string;
let sources: Sources;

/** Runs git in the repository that stands for GitHub's. */
const git = (args: string[], input = '') =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-C', origin, ...args], {
    encoding: 'utf8',
    input,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();

/** A commit on `main` with these files, as the head of pull request 7. */
async function pull(files: Record<string, string>): Promise<string> {
  git(['checkout', '-qB', 'topic', 'main']);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(origin, path)), { recursive: true });
    await writeFile(join(origin, path), text);
    await chmod(join(origin, path), 0o755);
  }
  git(['add', '-A', '-f']);
  git(['commit', '-qm', 'topic']);
  git(['update-ref', 'refs/pull/7/head', 'HEAD']);
  return git(['rev-parse', 'HEAD']);
}

/** A tree that holds another one ten times, and so on: a few bytes, ten billion files. */
function bomb(blob: string): string {
  let tree = git(['mktree'], `100644 blob ${blob}\tf\n`);
  for (let level = 0; level < 10; level += 1)
    tree = git(['mktree'], [...'0123456789'].map((name) => `040000 tree ${tree}\t${name}\n`).join(''));
  return tree;
}

/** A commit whose tree is `main` and these entries, as the head of pull request 7. */
function pullTree(entries: string): string {
  const tree = git(['mktree'], `${entries}\n${git(['ls-tree', 'main'])}\n`);
  const head = git(['commit-tree', '-p', 'main', '-m', 'topic', tree]);
  git(['update-ref', 'refs/pull/7/head', head]);
  return head;
}

const prepare = (headSha: string, baseRef = 'main') =>
  sources.prepare({ repo: 'EESSI/software-layer', number: 7, baseRef, headSha });

/** The names in the archive that a job gets, with what each is. */
async function archive(headSha: string): Promise<string[]> {
  const result = await prepare(headSha);
  if (result.kind !== 'ready') throw new Error(JSON.stringify(result));
  const input = await buffer(await result.source.open());
  const lines = execFileSync('tar', ['-tv'], { input, encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => `${line[0]} ${line.replace(/^(\S+\s+){5}/, '')}`);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stratobot-git-'));
  origin = join(folder, 'origin');
  canary = join(folder, 'canary');
  await mkdir(origin);
  git(['init', '-q', '-b', 'main']);
  await writeFile(join(origin, 'README.md'), 'first\n');
  git(['add', '-A']);
  git(['commit', '-qm', 'first']);
  const access = async () => ({ url: `file://${origin}`, token: null });
  sources = gitSources({ dataDir: join(folder, 'data'), access, log: silent });
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('--upload-pack and other options in the name of the base branch', async () => {
  const head = await pull({ 'a.txt': 'a\n' });
  for (const option of [
    '--upload-pack=touch${IFS}',
    '-u${IFS}touch${IFS}',
    '--config=core.sshCommand=touch${IFS}',
  ]) {
    const branch = option + canary.replaceAll('//', '/');
    git(['update-ref', `refs/heads/${branch}`, 'main']);
    expect((await prepare(head, branch)).kind, branch).toBe('ready');
  }
  expect(existsSync(canary)).toBe(false);
});

test('submodules that run a command, hooks, filters and LFS pointers in the tree', async () => {
  const touch = `#!/bin/sh\ntouch ${canary}\n`;
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
  const head = await pull({
    '.gitmodules': `[submodule "m"]\n  path = m\n  url = ext::sh -c touch% ${canary}\n  update = !touch ${canary}\n`,
    '.gitattributes': '* filter=lfs diff=lfs merge=lfs -text\n',
    '.lfsconfig': `[lfs]\n  url = http://127.0.0.1:9/\n[filter "lfs"]\n  smudge = touch ${canary}\n`,
    'hooks/post-merge': touch,
    'hooks/reference-transaction': touch,
    config: `[core]\n  hooksPath = ${origin}/hooks\n  fsmonitor = ${origin}/hooks/post-merge\n`,
    'large.bin': pointer,
  });
  const names = await archive(head);
  expect(names).toContain('- large.bin');
  expect(names).toContain('- hooks/post-merge');
  expect(existsSync(canary)).toBe(false);
});

test('a .git in the tree, as a link and as a folder with a configuration', async () => {
  const blob = git(['hash-object', '-w', '--stdin'], `[core]\n  fsmonitor = touch ${canary}\n`);
  const inside = git(['mktree'], `100644 blob ${blob}\tconfig\n`);
  const target = git(['hash-object', '-w', '--stdin'], folder);
  for (const entry of [`040000 tree ${inside}\t.git`, `120000 blob ${target}\t.git`]) {
    const head = pullTree(entry);
    // git itself makes no archive of it: nothing reaches a node either.
    await expect(archive(head), entry).rejects.toThrow(/invalid path '\.git/);
  }
  expect(existsSync(canary)).toBe(false);
});

test('a huge repository: ten billion files, and a difference of gigabytes, that are a few bytes', async () => {
  const small = git(['hash-object', '-w', '--stdin'], 'x\n');
  const headSha = pullTree(`040000 tree ${bomb(small)}\tbomb`);
  const gone = { kind: 'gone', detail: `commit ${headSha} holds too many files to be looked at` };
  const pull = { repo: 'EESSI/software-layer', number: 7, baseRef: 'main', headSha };
  expect(await sources.changes(pull, () => true)).toEqual(gone);
  expect(await prepare(headSha)).toEqual(gone);

  const large = git(['hash-object', '-w', '--stdin'], `${'x'.repeat(1023)}\n`.repeat(16 * 1024));
  const names = Array.from({ length: 20 }, (_, index) => `100644 blob ${large}\tlarge-${index}`);
  expect(await prepare(pullTree(names.join('\n')))).toEqual({
    kind: 'gone',
    detail: 'the difference to main is larger than 256 MiB',
  });
});
