import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitSources } from '../../src/builders/sources.ts';
import type { Sources } from '../../src/ports.ts';
import { silent as log } from '../harness/log.ts';

describe('what a pull request changes', () => {
  let folder: string;
  let origin: string;
  let fetches: number;
  let sources: Sources;

  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-C', origin, ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  const write = async (path: string, content: string | Buffer) => {
    await mkdir(join(origin, path, '..'), { recursive: true });
    await writeFile(join(origin, path), content);
  };
  const commit = (message: string) => {
    git('add', '-A');
    git('commit', '-qm', message);
    git('update-ref', 'refs/pull/7/head', 'topic');
    return git('rev-parse', 'HEAD');
  };
  const changes = (headSha: string) =>
    sources.changes({ repo: 'o/r', number: 7, baseRef: 'main', headSha }, (path) => path.endsWith('.yml'));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stratobot-changes-'));
    origin = join(folder, 'origin');
    await mkdir(origin);
    git('init', '-q', '-b', 'main');
    await write('bot/build.sh', 'echo build\n');
    await write('a.yml', 'a: 1\n');
    await write('old.yml', 'old\n');
    git('add', '-A');
    git('commit', '-qm', 'first');
    git('checkout', '-qb', 'topic');
    fetches = 0;
    const access = async () => {
      fetches += 1;
      return { url: `file://${origin}`, token: null };
    };
    sources = gitSources({ dataDir: join(folder, 'data'), access, log });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('tells its files, texts only of those that are wanted, and nothing of what the base did since', async () => {
    await write('a.yml', 'a: 2\n');
    await write('new.yml', 'ünï\n');
    await write('bot/build.sh', 'echo other\n');
    await rm(join(origin, 'old.yml'));
    const head = commit('topic');
    git('checkout', '-q', 'main');
    for (const name of ['b.yml', 'c.yml']) {
      await write(name, 'newer than the topic\n');
      commit(name);
    }
    expect(await changes(head)).toEqual({
      kind: 'read',
      behindBy: 2,
      files: [
        { path: 'a.yml', status: 'changed', before: { text: 'a: 1\n' }, after: { text: 'a: 2\n' } },
        { path: 'bot/build.sh', status: 'changed', before: null, after: null },
        { path: 'new.yml', status: 'added', before: null, after: { text: 'ünï\n' } },
        { path: 'old.yml', status: 'removed', before: { text: 'old\n' }, after: null },
      ],
    });
  });

  it('reads the commit that was pinned, not what was pushed after it', async () => {
    await write('a.yml', 'pinned\n');
    const pinned = commit('pinned');
    await write('a.yml', 'swapped\n');
    commit('swapped');
    expect(await changes(pinned)).toMatchObject({ files: [{ after: { text: 'pinned\n' } }] });
  });

  it('carries no text of links and of what is large, and marks what is not UTF-8', async () => {
    await symlink('/etc/passwd', join(origin, 'link.yml'));
    await write('large.yml', 'x'.repeat(1024 * 1024 + 1));
    await write('latin.yml', Buffer.from('\xe4\n', 'latin1'));
    await write('odd\tname\n.yml', '');
    expect(await changes(commit('hostile'))).toMatchObject({
      files: [
        { path: 'large.yml', after: { unreadable: 'too-large' } },
        { path: 'latin.yml', after: { text: '\uFFFD\n' } },
        { path: 'link.yml', after: { unreadable: 'no-file' } },
        { path: 'odd\tname\n.yml', after: { text: '' } },
      ],
    });
  });

  it('shares its fetch with the sources of the same head', async () => {
    await write('a.yml', 'a: 2\n');
    const headSha = commit('topic');
    await changes(headSha);
    await sources.prepare({ repo: 'o/r', number: 7, baseRef: 'main', headSha });
    expect(fetches).toBe(1);
  });

  it('says what is gone', async () => {
    await write('a.yml', 'a: 2\n');
    commit('topic');
    const none = await changes('1234567890123456789012345678901234567890');
    expect(none).toMatchObject({ kind: 'gone', detail: expect.stringContaining('is no longer part of') });
    git('checkout', '-q', '--orphan', 'alone');
    git('commit', '-qm', 'alone');
    git('update-ref', 'refs/pull/7/head', 'alone');
    const alone = await changes(git('rev-parse', 'HEAD'));
    expect(alone).toMatchObject({ kind: 'gone', detail: expect.stringContaining('no history in common') });
  });
});
