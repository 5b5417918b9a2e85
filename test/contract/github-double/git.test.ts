/** Real git over HTTP. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { client, dir, freshDoubleForEachTest, github, lastEvent, name, openPull } from './setup.ts';

const run = promisify(execFile);

freshDoubleForEachTest();

describe('git', () => {
  const git = (...args: string[]) =>
    run('git', args, { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' } });

  it('serves clones, the heads of pull requests from forks, and single commits', async () => {
    const pull = await openPull(true);
    expect(pull.head.repo).toBe('alice/software-layer');
    const url = `${github.url}/${name}.git`;
    const clone = join(dir, 'clone');
    await git('clone', '--quiet', url, clone);
    await git('-C', clone, 'fetch', '--quiet', 'origin', `refs/pull/${pull.number}/head`);
    expect((await git('-C', clone, 'rev-parse', 'FETCH_HEAD')).stdout.trim()).toBe(pull.head.sha);
    const { sha } = await github.push(name, pull.number, { by: 'alice', changes: { 'late.txt': 'late' } });
    await git('-C', clone, 'fetch', '--quiet', '--depth=1', 'origin', sha);
    await git('-C', clone, 'checkout', '--quiet', sha);
    expect(await readFile(join(clone, 'late.txt'), 'utf8')).toBe('late');
    expect(github.gitRequests.length).toBeGreaterThan(3);
    expect(github.requests).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it('takes pushes of who may write, and pull requests follow', async () => {
    const pull = await openPull();
    const clone = join(dir, 'clone');
    const url = (user: string) => `${github.url.replace('//', `//${user}:x@`)}/${name}`;
    await git('clone', '--quiet', '--branch', pull.head.ref, url('bob'), clone);
    const author = ['-c', 'user.name=bob', '-c', 'user.email=bob@example.org'];
    await git('-C', clone, ...author, 'commit', '--quiet', '--allow-empty', '-m', 'More');
    await expect(git('-C', clone, 'push', url('alice'), 'HEAD')).rejects.toThrow(/403/);
    await git('-C', clone, 'push', '--quiet', 'origin', 'HEAD');
    const head = (await git('-C', clone, 'rev-parse', 'HEAD')).stdout.trim();
    expect(github.pullRequest(name, pull.number).head.sha).toBe(head);
    await github.settled();
    expect(lastEvent().payload).toMatchObject({
      action: 'synchronize',
      after: head,
      sender: { login: 'bob' },
    });
  });

  it('hides private repositories from who has no token', async () => {
    await github.createRepository('EESSI/hidden', { files: { a: 'a' } }, { private: true });
    const { token } = await client();
    const path = `${github.url}/EESSI/hidden.git`;
    await expect(git('ls-remote', path)).rejects.toThrow();
    const { stdout } = await git('ls-remote', path.replace('//', `//x-access-token:${token}@`), 'main');
    expect(stdout).toMatch(/refs\/heads\/main/);
  });
});

describe('a repository', () => {
  it('starts from the files of a folder', async () => {
    const source = join(dir, 'source');
    await mkdir(join(source, 'bot'), { recursive: true });
    await writeFile(join(source, 'bot', 'build.sh'), '#!/bin/bash\n', { mode: 0o755 });
    await writeFile(join(source, 'binary'), Buffer.from([0, 255, 10]));
    await symlink('bot/build.sh', join(source, 'link'));
    const { sha, dir: bare } = await github.createRepository('EESSI/copied', { fromDirectory: source });
    const { stdout } = await run('git', ['-C', bare, 'ls-tree', '-r', sha]);
    expect(stdout.split('\n').map((line) => `${line.slice(0, 6)} ${line.split('\t')[1]}`)).toEqual([
      '100644 binary',
      '100755 bot/build.sh',
      '120000 link',
      ' undefined',
    ]);
  });
});
